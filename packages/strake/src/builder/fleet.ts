import { type BuildEvent, type BuildOptions, type Plan, StrakeError } from "@strake/core";
import type { SolvePlan, TargetSolution } from "../compose/target-solution.ts";
import { type Fit, isRefusal, type PlanBuilder } from "./plan-builder.ts";

/** One builder of a fleet. */
export interface FleetMember {
  readonly name: string;
  /** Its name and its address, for messages. */
  readonly label: string;
  /** How many images it builds at once. */
  readonly jobs: number;
  /** The builder, or why there is none. */
  readonly opened: PlanBuilder | { readonly lost: string };
}

/** What a fleet works with. */
export interface FleetPorts {
  readonly report: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
  /** Which builder has built an image before, so that its cache has most of the steps; by the image's title. */
  readonly before: ReadonlyMap<string, string>;
  /** How long an image waits for the builder that has built it before, in milliseconds. */
  readonly patience?: number;
}

interface Member {
  readonly name: string;
  readonly label: string;
  readonly jobs: number;
  readonly builder: PlanBuilder | undefined;
  readonly built: string[];
  running: number;
  lost: string | undefined;
}

interface Job {
  readonly plan: Plan;
  readonly options: BuildOptions;
  readonly name: string;
  readonly title: string;
  readonly fits: Map<Member, Fit>;
  /** Until when it waits for the builder that has built it before. */
  readonly waitsUntil: number;
  readonly resolve: (solution: TargetSolution) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Spreads images over several builders.
 *
 * An image goes to a builder whose own processor it is for, else to one that emulates it; among those to the one that
 * has the least to do. What waits is given to the next builder that has room. A builder that is lost is left out, and
 * what it was building is built elsewhere.
 */
export class Fleet {
  readonly #members: readonly Member[];
  readonly #ports: FleetPorts;
  readonly #waiting: Job[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws StrakeError `no-builder` where none of the builders is there */
  constructor(members: readonly FleetMember[], ports: FleetPorts) {
    this.#ports = ports;
    this.#members = members.map(({ name, label, jobs, opened }): Member => {
      const isLost = "lost" in opened;
      const state = isLost ? { builder: undefined, lost: opened.lost } : { builder: opened, lost: undefined };
      return { name, label, jobs, built: [], running: 0, ...state };
    });
    if (this.#alive().length === 0) throw this.#nobodyLeft("no builder answers");
    for (const member of this.#members) if (member.lost !== undefined) this.#warn(member);
  }

  readonly solve: SolvePlan = async (plan, options, name) => {
    const fitting = this.#alive().map(async (member): Promise<[Member, Fit]> => {
      return [member, await (member.builder as PlanBuilder).fit(plan)];
    });
    const fits = new Map(await Promise.all(fitting));
    const title = `${name} ${plan.platform}`;
    const waitsUntil = Date.now() + (this.#ports.patience ?? 2000);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ plan, options, name, title, fits, waitsUntil, resolve, reject });
      this.#assign();
    });
  };

  /** Who has built what: titles of images, by the names of builders. */
  built(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.#members.map(({ name, built }) => [name, built]));
  }

  /** One line for each builder; the platform is said where there are several. */
  summary(): readonly string[] {
    const all = this.#members.flatMap(({ built }) => built);
    const isOne = new Set(all.map((title) => title.slice(title.lastIndexOf(" ")))).size === 1;
    return this.#members.map(({ label, built: titles, lost }) => {
      const built = titles.map((title) => (isOne ? title.slice(0, title.lastIndexOf(" ")) : title)).sort();
      if (built.length === 0) return `${label} built nothing${lost === undefined ? "" : `: ${lost}`}`;
      const images = `${built.length} ${built.length === 1 ? "image" : "images"}: ${built.join(", ")}`;
      return `${label} built ${images}${lost === undefined ? "" : `; then it was lost: ${lost}`}`;
    });
  }

  /** Ends what is being built, everywhere. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { builder } of this.#members) builder?.close();
  }

  #assign(): void {
    if (this.#closed) return;
    this.#refuseImpossible();
    for (const job of [...this.#waiting]) {
      const before = this.#before(job);
      if (before !== undefined && hasRoom(before)) this.#start(before, job);
    }
    for (const job of [...this.#waiting]) {
      if (this.#before(job) !== undefined && Date.now() < job.waitsUntil) continue;
      const [member] = this.#candidates(job).filter(hasRoom).sort(byLoad);
      if (member !== undefined) this.#start(member, job);
    }
    this.#wake();
  }

  /** Looks again when an image has waited long enough for the builder that it knows. */
  #wake(): void {
    clearTimeout(this.#timer);
    const waits = this.#waiting.map(({ waitsUntil }) => waitsUntil - Date.now()).filter((wait) => wait > 0);
    if (waits.length > 0) this.#timer = setTimeout(() => this.#assign(), Math.min(...waits) + 1);
  }

  #start(member: Member, job: Job): void {
    this.#waiting.splice(this.#waiting.indexOf(job), 1);
    member.running++;
    void this.#run(member, member.builder as PlanBuilder, job).finally(() => {
      member.running--;
      this.#assign();
    });
  }

  async #run(member: Member, builder: PlanBuilder, job: Job): Promise<void> {
    try {
      const solution = await builder.solve(job.plan, job.options, job.name);
      member.built.push(job.title);
      job.resolve(solution);
    } catch (error) {
      const isOver = () => this.#closed || this.#ports.signal.aborted;
      // Whoever has closed the connections knows why builders are lost.
      const lost = isOver() ? undefined : (member.lost ?? (await builder.lossOf(error)));
      if (isOver()) job.reject(error);
      else if (lost !== undefined) {
        this.#leaveOut(member, lost);
        this.#waiting.unshift(job);
      } else if (isInability(error)) this.#tryOthers(member, job, error);
      else job.reject(error);
    }
  }

  /** What one builder is too old for, or has no right to, another may do; the last one says why it cannot be done. */
  #tryOthers(member: Member, job: Job, error: Error): void {
    job.fits.set(member, { refusal: error.message });
    if (this.#candidates(job).length > 0) this.#waiting.unshift(job);
    else job.reject(error);
  }

  #leaveOut(member: Member, lost: string): void {
    if (member.lost !== undefined) return;
    member.lost = lost;
    this.#warn(member);
    // What else it was building comes back at once, and is built elsewhere too.
    member.builder?.close();
  }

  #warn({ label, lost }: Member): void {
    this.#ports.report({ type: "warning", message: `the builder ${label} is left out: ${lost}` });
  }

  #refuseImpossible(): void {
    for (const job of [...this.#waiting]) {
      if (this.#candidates(job).length > 0) continue;
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      job.reject(this.#nobodyLeft(`no builder can build ${job.title}`, job));
    }
  }

  #nobodyLeft(message: string, job?: Job): StrakeError {
    const notes = this.#members.map((member) => {
      const fit = job?.fits.get(member);
      const refusal = fit !== undefined && isRefusal(fit) ? fit.refusal : "it is not asked";
      return `${member.label}: ${member.lost ?? refusal}`;
    });
    return new StrakeError({ code: "no-builder", message, notes: [...notes, "Start one of them, or name others."] });
  }

  #alive(): readonly Member[] {
    return this.#members.filter(({ lost }) => lost === undefined);
  }

  /** Who can build an image; who emulates its processor, only when nobody has it. */
  #candidates({ fits }: Job): readonly Member[] {
    const native = this.#alive().filter((member) => fits.get(member) === "native");
    return native.length > 0 ? native : this.#alive().filter((member) => fits.get(member) === "emulated");
  }

  #before(job: Job): Member | undefined {
    const name = this.#ports.before.get(job.title);
    return name === undefined ? undefined : this.#candidates(job).find((member) => member.name === name);
  }
}

const inabilities = new Set(["entitlement-refused", "no-platform", "unsupported", "unsupported-by-buildkit"]);

/** Tells whether an error says that a builder cannot do what is asked, and not that it failed. */
function isInability(error: unknown): error is Error {
  return error instanceof Error && "code" in error && inabilities.has(String(error.code));
}

function hasRoom({ running, jobs }: Member): boolean {
  return running < jobs;
}

function byLoad(left: Member, right: Member): number {
  return left.running / left.jobs - right.running / right.jobs;
}
