import { type DockerfileScenario, onBusybox } from "./scenario.ts";

const staged = (name: string, first: string, lines: string): DockerfileScenario => ({
  name,
  text: `FROM busybox AS first\n${first}\nFROM busybox\n${lines}\n`,
});

/** RUN: its form, its mounts, and its surroundings. */
export const runScenarios: readonly DockerfileScenario[] = [
  onBusybox(
    "a command with an argument of each kind",
    'RUN ["sh", "-c", "echo $0 $1 > /f", "a b", "$HOME"]\nRUN ["/bin/sh","-c","echo [] > /g"]',
  ),
  onBusybox(
    "a command without a shell",
    'ARG A=1\nENV E=2\nRUN ["env", "-u", "HOSTNAME", "sh", "-c", "echo $A$E > /f"]',
  ),
  onBusybox(
    "a shell that was set back",
    'SHELL ["/bin/sh", "-uc"]\nRUN echo a > /a\nSHELL ["/bin/busybox", "ash", "-c"]\nRUN echo b > /b',
  ),
  onBusybox("a command that changes nothing", "RUN true\nRUN mkdir /x && rmdir /x\nWORKDIR /etc"),
  onBusybox(
    "files of the machine that a command sees",
    "RUN wc -l < /etc/hosts > /dev/null; ls -a / | grep -c dockerenv > /n; test -e /etc/resolv.conf && echo yes > /y",
  ),
  onBusybox(
    "what a mount leaves of its place",
    "RUN --mount=type=tmpfs,target=/new/deep/t echo 1 > /1\nRUN --mount=type=cache,target=/new2/c true\nRUN --mount=type=bind,source=dir,target=/etc/b true\nRUN ls / > /list",
  ),
  onBusybox(
    "a mount that may be written",
    "RUN --mount=type=bind,target=/m,rw echo new > /m/new; ls /m > /l\nRUN --mount=target=/m ls /m > /l2; touch /m/x 2> /dev/null || echo no > /no",
  ),
  onBusybox(
    "mounts in all spellings",
    "RUN --mount=type=bind,src=dir,dst=/m --mount=type=tmpfs,destination=/t,size=1m --mount=type=cache,target=/c,ro ls /m > /l; touch /c/x || echo ro > /ro",
  ),
  onBusybox(
    "a mount in quotes",
    'RUN --mount=\'type=bind,source=dir,target=/m\' ls /m > /l\nRUN --mount="type=bind,\\"source=dir\\",target=/m" ls /m > /k',
  ),
  staged(
    "a cache with an owner, a mode and a beginning",
    "RUN mkdir /o; echo o > /o/f; chown 7:8 /o",
    "RUN --mount=type=cache,id=own,target=/c,uid=33,gid=44,mode=0710 stat -c '%a %u %g' /c > /s\nRUN --mount=type=cache,id=begin,target=/c,from=first,source=/o ls /c > /l; stat -c '%a %u %g' /c >> /l",
  ),
  onBusybox(
    "caches that are private and locked",
    "RUN --mount=type=cache,id=pr,target=/c,sharing=private echo x > /c/x\nRUN --mount=type=cache,id=lo,target=/c,sharing=locked echo y > /c/y; ls /c > /l",
  ),
  onBusybox(
    "a cache whose name is its place",
    "WORKDIR /w\nRUN --mount=type=cache,target=place echo x > place/x\nRUN --mount=type=cache,id=/w/place,target=/p ls /p > /l",
  ),
  staged(
    "a mount of one file of a stage",
    "RUN echo 1 > /1; ln -s 1 /2",
    "RUN --mount=from=first,source=/1,target=/m cat /m > /f\nRUN --mount=type=bind,from=first,src=/2,target=/m cat /m > /g",
  ),
  onBusybox("a mount of an image", "RUN --mount=from=node:24-slim,source=/etc/passwd,target=/p grep -c node /p > /n"),
  onBusybox(
    "secrets and agents that are not given",
    "RUN --mount=type=secret,id=a --mount=type=secret,source=b --mount=type=secret,target=/etc/c --mount=type=secret,id=d,env=D,required=false --mount=type=ssh ls /run/secrets /etc/c 2> /dev/null > /l; echo [$D][$SSH_AUTH_SOCK] >> /l",
  ),
  onBusybox("networks by name", "RUN --network=default true > /d\nRUN --network=none ls /sys/class/net > /n"),
  onBusybox("a sandbox by name", "RUN --security=sandbox echo s > /s"),
  onBusybox(
    "the variables that a command has",
    "USER node\nWORKDIR /w\nENV A=1\nRUN env | grep -v -e HOSTNAME -e SHLVL -e PWD -e ^OTEL -e ^TRACEPARENT | sort > /tmp/env",
  ),
  onBusybox(
    "a user without a group of its own",
    "USER 4711\nRUN id > /tmp/1\nUSER 33\nRUN id > /tmp/2\nUSER node:0\nRUN id > /tmp/3; echo $HOME >> /tmp/3",
  ),
  onBusybox(
    "secrets that are given",
    "RUN --mount=type=secret,id=a stat -c '%a %u %g' /run/secrets/a > /1; wc -c < /run/secrets/a >> /1\nRUN --mount=type=secret,id=a,target=/etc/s,mode=0444,uid=33,gid=44 stat -c '%a %u %g' /etc/s > /2\nRUN --mount=type=secret,source=b,env=B echo ${#B} > /3; ls /run/secrets > /4 2> /dev/null || true\nRUN --mount=type=secret,id=a,env=A,target=s,required echo ${#A} > /5; stat -c %a /s >> /5",
    { secrets: { a: "first secret", b: "second" } },
  ),
];
