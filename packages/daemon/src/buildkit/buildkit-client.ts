import type { Platform } from "@strake/oci";
import { DaemonError } from "../daemon-error.ts";
import { DockerEngine } from "../docker-engine.ts";
import { Control } from "../generated/github.com/moby/buildkit/api/services/control/control_fields.ts";
import type * as pb from "../generated/github.com/moby/buildkit/api/services/control/control_pb.ts";
import type { WorkerRecord } from "../generated/github.com/moby/buildkit/api/types/worker_pb.ts";
import type { Init } from "../protobuf/message.ts";
import type { Session } from "../session/session.ts";
import { Connection, type ConnectOptions } from "./connection.ts";
import { daemonFailure } from "./daemon-failure.ts";
import { isNativeTo, platformOf } from "./platform-of.ts";

/** BuildKit's control API over one connection. */
export class BuildkitClient {
  readonly #connection: Connection;
  readonly #signal: AbortSignal | undefined;
  /** What the daemon is stays the same as long as the connection to it does. */
  readonly #isOld: Promise<boolean>;
  #workers: Promise<readonly WorkerRecord[]> | undefined;

  private constructor(connection: Connection, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#signal = signal;
    // Every build wants to know, and the question goes out with the greeting.
    this.#isOld = this.#askWhetherOld();
    // What goes wrong is told to those who ask.
    this.#isOld.catch(() => undefined);
  }

  /**
   * Connects to a daemon.
   *
   * @param address as in `BUILDKIT_HOST`, or as in `DOCKER_HOST` for the BuildKit within a Docker Engine
   * @throws DaemonError `unreachable`, `tls`, `not-buildkit`, `unsupported-address`
   */
  static async connect(address: string, options: ConnectOptions = {}): Promise<BuildkitClient> {
    const connection = await Connection.open(address, options);
    const client = new BuildkitClient(connection, options.signal);
    await connection.greeted();
    return client;
  }

  /** The address that was connected to. */
  get address(): string {
    return this.#connection.name;
  }

  /** Whether it is the BuildKit within a Docker Engine. */
  get isDocker(): boolean {
    return this.#connection.kind === "docker";
  }

  /** The API of the Docker Engine that it is within, for those that are. */
  get engine(): DockerEngine {
    return new DockerEngine(this.address, this.#connection.tls);
  }

  /** The workers and the platforms they build for, asked anew. */
  async listWorkers(signal?: AbortSignal): Promise<readonly WorkerRecord[]> {
    const { record } = await this.#told(this.#connection.client.unary(Control.listWorkers, {}, { signal }));
    return record;
  }

  /** The platforms whose commands the daemon runs, on its own processor or by emulation. */
  async platforms(): Promise<readonly { readonly platform: Platform; readonly isNative: boolean }[]> {
    this.#workers ??= this.listWorkers(this.#signal);
    return (await this.#workers).flatMap((worker) =>
      worker.platforms.map((each) => ({ platform: platformOf(each), isNative: isNativeTo(worker, each) })),
    );
  }

  /** The daemon's version; daemons before 0.11 do not tell it. */
  async info(signal?: AbortSignal): Promise<pb.InfoResponse> {
    return this.#told(this.#connection.client.unary(Control.info, {}, { signal }));
  }

  /** Tells whether the daemon is older than 0.11, which is when clients could first give an image a config. */
  isOld(): Promise<boolean> {
    return this.#isOld;
  }

  async #askWhetherOld(): Promise<boolean> {
    try {
      await this.info(this.#signal);
      return false;
    } catch (cause) {
      if (DaemonError.is(cause) && cause.code === "unsupported") return true;
      throw cause;
    }
  }

  /** What the daemon keeps, and how much of it. */
  async diskUsage(request: Init<pb.DiskUsageRequest> = {}, signal?: AbortSignal): Promise<readonly pb.UsageRecord[]> {
    return (await this.#told(this.#connection.client.unary(Control.diskUsage, request, { signal }))).record;
  }

  /** Removes what nobody needs; tells each record as it goes. */
  prune(request: Init<pb.PruneRequest> = {}, signal?: AbortSignal): AsyncIterable<pb.UsageRecord> {
    return this.#toldEach(this.#connection.client.stream(Control.prune, request, { signal }));
  }

  /** The builds that the daemon remembers; it goes on with new ones unless `EarlyExit` is asked for. */
  buildHistory(request: Init<pb.BuildHistoryRequest> = {}, signal?: AbortSignal): AsyncIterable<pb.BuildHistoryEvent> {
    return this.#toldEach(this.#connection.client.stream(Control.listenBuildHistory, request, { signal }));
  }

  /**
   * Builds, and resolves when all is built and exported; aborting stops the build on the daemon.
   *
   * @returns what the exporters say, such as `containerimage.digest`
   * @throws GrpcError where the build failed, DaemonError `lost` where the daemon did
   */
  async solve(request: Init<pb.SolveRequest>, signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#told(this.#connection.client.unary(Control.solve, request, { signal }));
    return answer.ExporterResponse;
  }

  /** What happens in a build, from its beginning to its end; it may be asked before the build is. */
  status(ref: string, signal?: AbortSignal): AsyncIterable<pb.StatusResponse> {
    return this.#toldEach(this.#connection.client.stream(Control.status, { Ref: ref }, { signal }));
  }

  /** Opens the way on which the daemon calls back during builds that name the session. */
  async openSession(session: Session): Promise<void> {
    await this.#told(this.#connection.openSession(session));
  }

  close(): void {
    this.#connection.close();
  }

  async #told<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw daemonFailure(error, this.#connection);
    }
  }

  async *#toldEach<T>(answers: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* answers;
    } catch (error) {
      throw daemonFailure(error, this.#connection);
    }
  }
}
