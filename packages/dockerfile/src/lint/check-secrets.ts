import type { Instruction } from "../syntax/tree.ts";
import type { Check } from "./linted-file.ts";

const secretName = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const publicName = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** The forms that well-known services give their secrets. */
const secretValue =
  /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90}|glpat-[A-Za-z0-9_-]{20}|xox[abprs]-[A-Za-z0-9-]{20,100}|npm_[A-Za-z0-9]{36}|sk_live_[A-Za-z0-9]{24})\b|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/;

/** Secrets in ARG and ENV, which stay in the image: by their names, and by the form of their values. */
export const checkSecrets: Check = ({ tree, stages, globals }, report) => {
  for (const instruction of [...globals, ...stages.flatMap((stage) => stage.instructions)]) {
    const names = variableNames(instruction);
    // BuildKit looks at what is in stages only.
    for (const name of globals.includes(instruction) ? [] : names) {
      if (!secretName.test(name) || publicName.test(name)) continue;
      const keyword = instruction.keyword.toUpperCase();
      const message = `Do not use ARG or ENV instructions for sensitive data (${keyword} "${name}")`;
      report("SecretsUsedInArgOrEnv", instruction, message);
    }
    const { start, end } = instruction.span;
    if (names.length > 0 && secretValue.test(tree.source.text.slice(start.offset, end.offset))) {
      report("SecretValue", instruction, "The value has the form of a secret");
    }
  }
};

function variableNames({ keyword, pairs, words }: Instruction): readonly string[] {
  if (keyword === "env") return pairs.map(({ name }) => name);
  return keyword === "arg" ? words.map(({ value }) => value.split("=", 1)[0] ?? "") : [];
}
