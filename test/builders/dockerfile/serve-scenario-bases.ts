import { join } from "node:path";
import { serveBases } from "../../support/base-images.ts";
import { buildDockerfile } from "../../support/buildkit-daemon.ts";
import { madeOnce } from "../../support/made-once.ts";
import { project } from "../../support/project.ts";
import { pushImage, type Registry, registry } from "../../support/registry.ts";
import { runFolder } from "../../support/run-folder.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** Bases whose configs have what images of Docker Hub seldom have, by their names. */
const bases: Readonly<Record<string, string>> = {
  triggers:
    'FROM busybox\nENV V=7\nSHELL ["/bin/sh", "-ec"]\nONBUILD ARG A=1\nONBUILD ENV W=$V$A\nONBUILD COPY a.txt /t/\nONBUILD RUN <<E\necho $W > /w\nE\nONBUILD COPY <<"F" b.txt /t/\n$V\nF\nONBUILD WORKDIR $W\n',
  empty: 'FROM scratch\nENV a=1\nENTRYPOINT ["x"]\nLABEL l=1\n',
  full: 'FROM busybox\nUSER node\nWORKDIR /w/x/\nEXPOSE 80\nVOLUME /v\nSTOPSIGNAL 3\nHEALTHCHECK CMD h\nMAINTAINER m\nLABEL a=1 b=2\nCMD ["c"]\nENTRYPOINT e\n',
};

/**
 * Puts the bases of the scenarios into the run's registry: once in a run, since test files run beside one another and
 * the registry does not take one image from two at a time.
 */
export async function serveScenarioBases(): Promise<Registry> {
  const served = await registry();
  await madeOnce(join(runFolder(), "scenario-bases"), async () => {
    await serveBases("busybox", "alpine", "node:24-slim", "golang:1.24");
    await serveOwnBases(served);
  });
  return served;
}

async function serveOwnBases(registry: Registry): Promise<void> {
  for (const [name, text] of Object.entries(bases)) {
    const destination = join(temporaryFolder(), `${name}.tar`);
    await buildDockerfile(project({ Dockerfile: text }), { destination });
    await pushImage(registry, `docker-archive:${destination}`, `library/own-${name}:latest`);
  }
}
