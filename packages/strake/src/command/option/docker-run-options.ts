import type { DockerOptions } from "./docker-options.ts";

const oneNetwork = "a container shares the machine's network, so programs in others are reached at localhost";
const oneMemory = "--memory limits a container";
const oneCpu = "--cpus limits a container";
const noHealth = "nobody asks for a container's health";
const ownSpace = "a container has this for itself";

/** What scripts say to `docker run` besides. */
export const dockerRunOptions: DockerOptions = {
  granted: [
    "-a, --attach <stream>",
    "--detach-keys <keys>",
    "--disable-content-trust",
    "--expose <port>",
    "-P, --publish-all",
    "--no-healthcheck",
    "--sig-proxy",
  ],
  leftOut: {
    "--annotation <annotation>": "nobody reads a container's annotations",
    "--blkio-weight <weight>": "what a container reads and writes is not limited",
    "-c, --cpu-shares <weight>": oneCpu,
    "--cpu-period <time>": oneCpu,
    "--cpu-quota <time>": oneCpu,
    "--cpuset-cpus <list>": oneCpu,
    "--cpuset-mems <list>": "a container may use all of the memory's nodes",
    "--health-cmd <command>": noHealth,
    "--health-interval <time>": noHealth,
    "--health-retries <number>": noHealth,
    "--health-start-interval <time>": noHealth,
    "--health-start-period <time>": noHealth,
    "--health-timeout <time>": noHealth,
    "--init": "the command is the first process, and with it everything ends that it has started",
    "--kernel-memory <size>": oneMemory,
    "--log-driver <driver>": "the output of the command is that of strake run, and is kept nowhere",
    "--log-opt <option>": "the output of the command is that of strake run, and is kept nowhere",
    "--memory-reservation <size>": oneMemory,
    "--memory-swap <size>": oneMemory,
    "--memory-swappiness <percent>": oneMemory,
    "--oom-kill-disable": oneMemory,
    "--oom-score-adj <number>": oneMemory,
    "--stop-signal <signal>": "a container ends with strake run, and then at once",
    "--stop-timeout <seconds>": "a container ends with strake run, and then at once",
  },
  refused: {
    "--cgroup-parent <group>": "a container is in a control group of its own; --memory and --cpus limit it",
    "--cgroupns <mode>": "the control groups of the machine are not shown",
    "--device <device>": "devices of the machine cannot be given to a container",
    "--gpus <devices>": "devices of the machine cannot be given to a container",
    "--ip <address>": oneNetwork,
    "--ip6 <address>": oneNetwork,
    "--ipc <mode>": ownSpace,
    "--label-file <file>": "say the labels themselves, with --label",
    "--link <container>": oneNetwork,
    "--mac-address <address>": oneNetwork,
    "--network-alias <name>": oneNetwork,
    "--pid <mode>": ownSpace,
    "--restart <policy>": "there is no daemon that would start it again; leave that to your shell, or to systemd",
    "--runtime <runtime>": "--isolation chooses what the command runs in",
    "--security-opt <option>": "--cap-add and --cap-drop change rights, and --privileged switches the protection off",
    "--storage-opt <option>": "containers take the space that they need",
    "--sysctl <setting>": "the settings of the kernel are the machine's",
    "--userns <mode>": "the users of a container are the machine's, or in a user namespace where strake is not root's",
    "--uts <mode>": ownSpace,
    "--volume-driver <driver>": "there are no named volumes; -v shows folders of this machine",
    "--volumes-from <container>": "there are no volumes; show the same folders with -v",
  },
  harmless: {
    "--cgroupns <mode>": /^(?:private)?$/,
    "--ipc <mode>": /^(?:private|shareable)?$/,
    "--restart <policy>": /^no$/,
    "--security-opt <option>": /^(?:label[=:]|apparmor[=:]unconfined$)/,
    "--userns <mode>": /^$/,
  },
};
