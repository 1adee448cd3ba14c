import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { type DockerDaemon, dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** What people ask docker for; sizes are left out, which are of tars here and of files there. */
const asked: readonly (readonly string[])[] = [
  ["images", "-q", "words/app"],
  ["images", "-q", "--no-trunc", "words/app:1"],
  ["images", "--format", "table {{.ID}}\t{{.Repository}}\t{{.Tag}}", "words/app:1"],
  ["images", "--format", '{{if eq .Tag "1"}}one{{else}}other{{end}} {{.ID | upper}}', "words/app:1"],
  ["images", "--format", '{{printf "%-12s|%s" .Repository .Tag}}', "words/app:1"],
  ["images", "--format", "{{.CreatedAt}} {{.Containers}} {{.SharedSize}}", "words/app:1"],
  ["images", "-q", "--filter", "reference=words/*:1"],
  ["images", "-q", "--filter", "label=a=b", "words/app"],
  ["images", "-q", "words/none"],
  ["image", "ls", "-q", "words/app:1"],
  ["images", "-q", "--format", "{{.Tag}}", "words/app:1"],
  ["images", "--digests", "--format", "table {{.ID}}", "words/none"],
  ["images", "-q", "words/app@sha256:0000000000000000000000000000000000000000000000000000000000000000"],
  ["history", "-q", "words/app:1"],
  ["history", "-q", "--format", "{{.Comment}}", "words/app:1"],
  ["history", "--format", "{{.CreatedAt}}", "words/app:1"],
  ["history", "--no-trunc", "--format", "{{.ID}} {{.Comment}}", "words/app:1"],
  ["image", "history", "--format", "table {{.ID}}\t{{.CreatedBy}}", "words/app:1"],
  ["inspect", "-f", "{{.Id}} {{.Architecture}}/{{.Os}} {{.Created}}", "words/app:1"],
  ["inspect", "-f", "{{range .RepoTags}}<{{.}}>{{end}}", "words/app:1"],
  ["inspect", "-f", "{{range $i, $e := .Config.Env}}{{$i}}={{$e}};{{end}}", "words/app:1"],
  ["inspect", "-f", "{{range $k, $v := .Config.Labels}}{{$k}}:{{$v}} {{end}}", "words/app:1"],
  [
    "inspect",
    "-f",
    "{{range $port, $_ := .Config.ExposedPorts}}{{$port}}{{end}} {{.Config.ExposedPorts}}",
    "words/app:1",
  ],
  ["inspect", "-f", '{{range .Config.Env}}{{$p := split . "="}}{{index $p 0}} {{end}}', "words/app:1"],
  ["inspect", "-f", "{{with .Config}}{{.WorkingDir}} {{len .Env}} {{$.Os}}{{end}}", "words/app:1"],
  ["inspect", "-f", "{{.Config.Cmd}} {{json .Config.Cmd}} {{.Config.Env | json}}", "words/app:1"],
  ["inspect", "-f", "{{json .Config.Entrypoint}} {{.Config.Entrypoint}} {{json .Config.Volumes}}", "words/app:1"],
  [
    "inspect",
    "-f",
    "{{.Config.Healthcheck}}|{{.Config.User}}|{{.Config.OnBuild}}|{{.Config.StopSignal}}",
    "words/app:1",
  ],
  ["inspect", "-f", '{{index .Config.Labels "a"}} {{index .RepoTags 0}} {{slice .Id 7 19}}', "words/app:1"],
  ["inspect", "-f", '{{join .RootFS.Layers ","}} {{.RootFS.Type}}', "words/app:1"],
  ["inspect", "-f", '{{if and .Id (eq .Os "linux")}}ok{{end}}{{if not .Author}} nobody{{end}}', "words/app:1"],
  ["inspect", "-f", '{{print 1 2 "a" 3}} {{printf "%05d %x %q" 7 255 "x"}} {{title "abc"}}', "words/app:1"],
  ["inspect", "-f", 'a {{- 1 -}} b {{/* nothing */}}c{{"}}"}}', "words/app:1"],
  ["inspect", "-f", "{{.Id}}", "words/app:1", "words/none"],
  ["inspect", "words/none"],
  ["history", "words/none"],
  ["tag", "words/none", "words/other"],
  ["rmi", "words/none"],
  ["rmi", "-f", "words/none"],
  ["save", "-o", "/dev/null", "words/none"],
];

need(...dockerNeeds)("docker's words for images", () => {
  let docker: DockerDaemon;
  const home = temporaryFolder();

  beforeAll(async () => {
    docker = await dockerDaemon();
    const cwd = project({
      Dockerfile:
        'FROM scratch\nLABEL a=b c="d e"\nENV X=y Z=w\nCOPY file /file\nWORKDIR /srv\nEXPOSE 80\nCMD ["/file"]\n',
      file: "file\n",
    });
    const tar = join(cwd, "image.tar");
    const output = ["-o", `type=docker,dest=${tar}`];
    const built = await runStrake(["build", "-t", "words/app:1", ...output, cwd], { cwd, home });
    expect(built.status, built.stderr).toBe(0);
    expect((await runStrake(["load", "-q", "-i", tar], { cwd, home })).stdout).toBe(
      await docker.docker(["load", "-q", "-i", tar]),
    );
  });

  it.each(asked.map((args) => [args]))("%j has docker's answer", async (args) => {
    const [theirs, ours] = await Promise.all([docker.tryDocker(args), runStrake(args, { home })]);
    expect([ours.stdout, ours.status], theirs.stderr + ours.stderr).toEqual([theirs.stdout, theirs.status]);
  });
});
