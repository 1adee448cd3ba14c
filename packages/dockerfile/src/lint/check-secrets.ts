import { type ImageCheck, shownText, statements } from "./linted-images.ts";

const secretName = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const publicName = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** The forms that well-known services give their secrets. */
const secretValue =
  /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90}|glpat-[A-Za-z0-9_-]{20}|xox[abprs]-[A-Za-z0-9-]{20,100}|npm_[A-Za-z0-9]{36}|sk_live_[A-Za-z0-9]{24})\b|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/;

/** Tells whether a text has the form of a secret. */
export function isSecretValue(text: string): boolean {
  return secretValue.test(text);
}

/** Secrets in build arguments and variables, which stay in the image: by their names, and by the form of their values. */
export const checkSecrets: ImageCheck = (linted, report) => {
  for (const node of statements(linted)) {
    if (node.kind !== "arg" && node.kind !== "env") continue;
    const variables = node.kind === "arg" ? ([[node.name, node.default ?? ""]] as const) : node.variables;
    for (const name of variables.map(([name]) => shownText(name))) {
      if (!secretName.test(name) || publicName.test(name)) continue;
      const [what, which] =
        linted.notation === "code"
          ? ["arg() or env()", linted.word(node)]
          : ["ARG or ENV instructions", node.kind.toUpperCase()];
      report("SecretsUsedInArgOrEnv", node, `Do not use ${what} for sensitive data (${which} "${name}")`);
    }
    if (variables.some(([, value]) => isSecretValue(shownText(value)))) {
      report("SecretValue", node, "The value has the form of a secret");
    }
  }
};
