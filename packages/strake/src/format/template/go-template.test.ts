import { expect, it, test } from "vitest";
import { parseGoTemplate } from "./go-template.ts";
import { Unset } from "./print-value.ts";

const value = {
  Id: "sha256:0123456789",
  Tags: ["app:1", "other/app:2"],
  Config: {
    Labels: { "x.y": "1", b: "two" },
    Env: ["A=1", "B=2"],
    Entrypoint: new Unset("list"),
    User: "",
    Ports: { "80/tcp": {} },
  },
  Healthcheck: new Unset("pointer"),
  Size: 3,
};
const apply = (template: string) => parseGoTemplate(template)(value);

// As Go's text/template has it, with the functions of docker's command line.
it.each([
  ["{{.Id}}\\t{{ .Size }}", "sha256:0123456789\t3"],
  ["{{.Tags}} {{.Config.Labels}}", "[app:1 other/app:2] map[b:two x.y:1]"],
  ["{{.Config.Entrypoint}}{{.Config.User}}{{.Healthcheck}}{{.Config.Ports}}", "[]<nil>map[80/tcp:{}]"],
  ["{{json .Config.Entrypoint}} {{json .Config.User}} {{json .Tags}}", 'null "" ["app:1","other/app:2"]'],
  ['{{index .Config.Labels "x.y"}}{{index .Config.Labels "no"}} {{index .Tags 1}}', "1 other/app:2"],
  ["{{(index .Tags 0)}} {{len .Tags}} {{len .Id}}", "app:1 2 17"],
  [
    '{{join .Tags ","}} {{.Id | upper}} {{title "a bc"}} {{lower "ABC"}}',
    "app:1,other/app:2 SHA256:0123456789 A Bc abc",
  ],
  ["{{range .Tags}}<{{.}}>{{end}}", "<app:1><other/app:2>"],
  ["{{range $i, $t := .Tags}}{{$i}}={{$t}};{{end}}", "0=app:1;1=other/app:2;"],
  ["{{range $k, $v := .Config.Labels}}{{$k}}:{{$v}} {{end}}", "b:two x.y:1 "],
  ['{{range $e := .Config.Env}}{{$p := split $e "="}}{{index $p 0}} {{end}}', "A B "],
  ["{{range .Config.Entrypoint}}x{{else}}none{{end}}", "none"],
  ["{{range .Tags}}{{println .}}{{end}}", "app:1\nother/app:2\n"],
  ["{{range .Tags}}{{.}}{{break}}{{end}} {{range .Tags}}{{continue}}x{{end}}", "app:1 "],
  ["{{range $port, $_ := .Config.Ports}}{{$port}}{{end}}", "80/tcp"],
  ["{{if .Config.Entrypoint}}yes{{else}}no{{end}}", "no"],
  ["{{if eq .Size 2}}two{{else if eq .Size 3}}three{{else}}more{{end}}", "three"],
  ['{{if and .Id (not .Config.User)}}ok{{end}} {{or .Config.User "root"}}', "ok root"],
  ["{{with .Config}}{{index .Env 0}} {{$.Size}}{{end}}{{with .Config.User}}x{{else}} nobody{{end}}", "A=1 3 nobody"],
  ["{{with $c := .Config}}{{$c.Env}}{{end}}", "[A=1 B=2]"],
  ['{{printf "%s|%-6s|%5d|%q" .Id "ab" .Size "x"}}', 'sha256:0123456789|ab    |    3|"x"'],
  ['{{printf "%05d %x %.2f %v%%" 7 255 1.5 .Tags}}', "00007 ff 1.50 [app:1 other/app:2]%"],
  ['{{slice .Id 7 10}} {{truncate .Id 3}} {{pad "x" 1 2}}|', "012 sha  x  |"],
  ["{{.Config.Env | json}}", '["A=1","B=2"]'],
  ['{{.Tags | len | printf "%03d"}}', "002"],
  ["{{$n := 1}}{{range .Tags}}{{$n = 5}}{{end}}{{$n}}", "5"],
  ["a {{- 1 -}} b {{/* nothing */}}c", "a1b c"],
  ["{{- range .Tags }}\n{{ . }}\n{{- end }}", "\napp:1\nother/app:2"],
  ['{{"a}}b"}}{{`c"d`}}', 'a}}bc"d'],
  ["{{lt 1 2}} {{ge 1 2}} {{ne .Size 3}} {{eq .Size 1 2 3}}", "true false false true"],
  ['{{print 1 2 "a" 3}}', "1 2a3"],
])("%s", (template, expected) => {
  expect(apply(template)).toBe(expected);
});

test("gives all of a value as JSON", () => {
  expect(JSON.parse(apply("{{json .}}"))).toMatchObject({ Healthcheck: null, Config: { User: "" } });
});

it.each([
  ["{{.Nope}}", "asks for .Nope"],
  ["{{.Config.Nope}}", "asks for .Nope"],
  ["{{range .Tags}}", "{{range}} has no {{end}}"],
  ["{{if .Id}}x{{else}}y", "{{if}} has no {{end}}"],
  ["{{end}}", "nothing that {{end}} belongs to"],
  ["{{.Id", "not closed"],
  ["{{nope .Id}}", 'there is no function "nope"'],
  ["{{.Id .Size}}", "is not a function"],
  ["{{(.Id}}", "something is missing"],
  ["{{$x}}", "does not declare $x"],
  ["{{index .Tags 7}}", "there is no 7 in a list of 2"],
  ["{{.Id | .Size}}", "no function"],
  ["{{break}}", "outside of a {{range}}"],
  ["{{}}", "something is missing"],
  ["{{.Id!}}", 'not understood: "!"'],
])("refuses %s", (template, message) => {
  expect(() => apply(template)).toThrow(message);
});
