import type { CallSite } from "../graph/call-site.ts";
import { nearest } from "../graph/nearest.ts";
import { StrakeError } from "../strake-error.ts";

/** The instructions that ONBUILD takes. */
const instructions: readonly string[] = [
  ..."ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(" "),
];

/**
 * Looks at what is given to `onbuild`: an instruction of a Dockerfile that may stand there.
 *
 * @throws StrakeError `invalid-instruction`
 */
export function checkTrigger(instruction: string, site: CallSite): void {
  const [, word = "", rest = ""] = /^\s*(\S*)\s*([\s\S]*)$/.exec(instruction) ?? [];
  const keyword = word.toUpperCase();
  const fail = (message: string) => {
    const notes = ['Write one as a Dockerfile has it: onbuild("COPY . /app").'];
    return new StrakeError({ code: "invalid-instruction", message, notes, site });
  };
  if (["FROM", "MAINTAINER", "ONBUILD"].includes(keyword)) throw fail(`ONBUILD cannot carry out ${keyword}`);
  if (!instructions.includes(keyword)) {
    const near = nearest(word, instructions);
    throw fail(
      `"${word}" is not an instruction of a Dockerfile${near === undefined ? "" : ` (did you mean ${near}?)`}`,
    );
  }
  if (rest === "" && !["CMD", "ENTRYPOINT", "RUN"].includes(keyword)) throw fail(`${keyword} says nothing here`);
}
