import type { DockerOptions } from "./docker-options.ts";

/** What scripts say to `docker build` besides. */
export const dockerBuildOptions: DockerOptions = {
  granted: ["--rm", "--force-rm", "--compress", "--disable-content-trust", "-D, --debug"],
  leftOutBy: "as with BuildKit",
  leftOut: {
    "--memory-swap <size>": "--memory limits commands",
    "-c, --cpu-shares <weight>": "--cpus limits commands",
    "--cpu-period <time>": "--cpus limits commands",
    "--cpu-quota <time>": "--cpus limits commands",
    "--cpuset-cpus <list>": "--cpus limits commands",
    "--cpuset-mems <list>": "commands may use all of the memory's nodes",
    "--security-opt <option>": "RUN --security=insecure and --allow security.insecure switch the protection off",
    "--squash": "copy the files of one stage into another to make one layer of them",
  },
  refused: {
    "--cgroup-parent <group>": "commands run in a control group of their own; --memory and --cpus limit them",
  },
};
