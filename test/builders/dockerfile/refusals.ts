/** A Dockerfile that BuildKit and Strake both refuse. */
export interface Refusal {
  readonly name: string;
  readonly text: string;
  /** A part of BuildKit's message. */
  readonly theirs: string;
  /** A part of ours, where we say it in other words. */
  readonly ours?: string;
  readonly target?: string;
  /** The exit status; that of a failed build where absent. */
  readonly status?: number;
}

const refused = (name: string, text: string, theirs: string, ours?: string): Refusal => ({
  name,
  text: `${text}\n`,
  theirs,
  ...(ours === undefined ? {} : { ours }),
});

/** A refusal whose lines stand on nothing. */
const onScratch = (name: string, lines: string, theirs: string, ours?: string): Refusal =>
  refused(name, `FROM scratch\n${lines}`, theirs, ours);

/** A refusal in a stage that the target has no need of. */
const elsewhere = (name: string, lines: string, theirs: string, ours?: string): Refusal =>
  refused(name, `FROM scratch AS unneeded\n${lines}\nFROM scratch\nENV a=1`, theirs, ours);

/** Files that cannot be read. */
const syntax: readonly Refusal[] = [
  refused("an empty file", "", "file with no instructions"),
  refused("a file of comments", "# a\n# b", "file with no instructions"),
  refused("arguments alone", "ARG A=1", "dockerfile contains no stages to build"),
  refused("an instruction before FROM", "ENV a=1\nFROM scratch", "no build stage in current context"),
  onScratch("an instruction that is none", "RUM x", "unknown instruction: RUM (did you mean RUN?)"),
  refused("a directive twice", "# escape=`\n# escape=`\nFROM scratch", "only one escape parser directive can be used"),
  refused(
    "an escape that is none",
    "# escape=x\nFROM scratch",
    "invalid escape token 'x' does not match ` or \\",
    "escape",
  ),
  onScratch(
    "a line that is too long",
    `ENV a=${"x".repeat(65536)}`,
    "dockerfile line greater than max allowed size of 65535",
  ),
  onScratch("a heredoc that does not end", "COPY <<EOF /x\na", "unterminated heredoc"),
  onScratch(
    "a list of other things than texts",
    'CMD ["a", 1]',
    "when using JSON array syntax, arrays must be comprised of strings only",
  ),
  onScratch("an unknown flag", "COPY --form=a a b", "unknown flag: --form"),
  onScratch("a flag twice", "COPY --chown=1 --chown=2 a b", "duplicate flag specified: --chown"),
  onScratch("a flag without a value", "COPY --chown a b", "missing a value on flag: --chown"),
  onScratch(
    "a flag that is neither true nor false",
    "COPY --link=yes a b",
    "expecting boolean value for flag --link, not: yes",
  ),
  onScratch("a flag where there is none", "ENV --a=1 b=2", "unknown flag: --a"),
  onScratch("ENV without a value", "ENV a", "ENV must have two arguments"),
  onScratch(
    "a label without a value",
    "LABEL a=1 b",
    'Syntax error - can\'t find = in "b". Must be of the form: name=value',
  ),
  onScratch("SHELL without a list", "SHELL bash -c", "SHELL requires the arguments to be in JSON form"),
];

/** Stages and what they stand on. */
const stages: readonly Refusal[] = [
  refused("FROM with two words", "FROM a b", "FROM requires either one or three arguments"),
  refused("a stage that begins with a digit", "FROM scratch AS 1x", 'invalid name for build stage: "1x"'),
  refused("a base that comes to nothing", "FROM $NONE", "base name ($NONE) should not be blank"),
  refused("a stage in capitals", "FROM scratch AS builder\nFROM Builder", "Builder", "Builder"),
  refused(
    "a stage that stands below",
    "FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\nFROM a",
    'cannot copy from stage "b", it needs to be defined before current stage',
  ),
  refused(
    "a variable in --from",
    "FROM scratch\nARG A=x\nCOPY --from=$A x y",
    "variable expansion is not supported for --from",
  ),
  refused(
    "a stage by a number there is not",
    "FROM scratch\nCOPY --from=7 x y",
    "invalid stage index 7",
    "there is no stage 7",
  ),
  refused("a platform that is none", "FROM --platform=a/b/c/d scratch\nENV a=1", "failed to parse platform a/b/c/d"),
  {
    ...refused(
      "a target that is not there",
      "FROM scratch AS one",
      'target stage "on" could not be found (did you mean one?)',
    ),
    target: "on",
    // It is the command line that is wrong.
    status: 2,
  },
];

/** Instructions with arguments that they do not take. */
const instructions: readonly Refusal[] = [
  onScratch(
    "COPY without a destination",
    "COPY a",
    "COPY requires at least two arguments, but only one was provided. Destination could not be determined",
  ),
  onScratch("a heredoc as a destination", "COPY a <<E\nE", "COPY cannot accept a heredoc as a destination"),
  onScratch("a source that is not there", "COPY nothing /x", "nothing"),
  onScratch("a source that is ignored", "COPY left-out /x", "left-out"),
  onScratch("a folder over a file", "COPY a /x\nCOPY dir /x", "cannot copy", "/x"),
  onScratch("a file over a folder", "COPY dir/sub /x/a\nCOPY --parents a /x/", "cannot", "/x/a"),
  onScratch("a mode that is none", "COPY --chmod=99 a /x", "99", "99"),
  onScratch(
    "a name as an owner beside link",
    "COPY --link --chown=node a /x",
    "invalid user index: -1",
    'the owner "node" cannot be looked up',
  ),
  onScratch("a name as an owner on nothing", "COPY --chown=node a /x", "invalid user index: -1", "node"),
  onScratch("a folder of a user by name, on nothing", "USER node\nWORKDIR /x", "invalid user index: -1", "node"),
  onScratch("--from for ADD", "ADD --from=x a b", "unknown flag: --from"),
  onScratch("a checksum for a path", `ADD --checksum=sha256:${"0".repeat(64)} a b`, "checksum"),
  onScratch(
    "a repository with two checksums",
    "ADD --checksum=abcdef0 git://127.0.0.1/r.git?checksum=abcdef1 /x",
    "checksum mismatch",
    "inconsistent checksum",
  ),
  onScratch("a port that is none", "EXPOSE x", "invalid containerPort: x", "x"),
  onScratch("a port's protocol that is none", "EXPOSE 80/x", "x"),
  onScratch("a signal that is none", "STOPSIGNAL NOTHING", "NOTHING"),
  onScratch("a volume without a name", 'VOLUME [""]', "VOLUME specified can not be an empty string"),
  onScratch("WORKDIR without a path", "WORKDIR", "WORKDIR requires exactly one argument"),
  onScratch("a health check of another kind", "HEALTHCHECK RUN x", 'Unknown type "RUN" in HEALTHCHECK (try CMD)'),
  onScratch("a health check without a command", "HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
  onScratch("no health check, with a command", "HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
  onScratch("an interval that is too short", "HEALTHCHECK --interval=1us CMD x", "cannot be less than 1ms"),
  onScratch("retries below nothing", "HEALTHCHECK --retries=-1 CMD x", "--retries", "--retries"),
  onScratch("ONBUILD of ONBUILD", "ONBUILD ONBUILD ENV a=1", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
  onScratch("ONBUILD of FROM", "ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
  onScratch("ONBUILD of MAINTAINER", "ONBUILD MAINTAINER x", "MAINTAINER isn't allowed as an ONBUILD trigger"),
  onScratch("an argument without a name", "ARG =x", "ARG names can not be blank"),
  onScratch("a variable that has to be set", "ENV a=${b:?no}", "b: no"),
  onScratch("a variable that has to be more than nothing", "ENV b=\nENV a=${b:?}", "b: is not allowed to be empty"),
  onScratch("a substitution that is none", "ENV a=${}", "bad substitution"),
  onScratch("a modifier that is none", "ENV a=1\nENV b=${a:#x}", "unsupported modifier"),
  onScratch("a substitution that does not end", "ENV a=${b", "b"),
];

/** Mounts and the like. */
const mounts: readonly Refusal[] = [
  onScratch(
    "a kind of mount that is none",
    "RUN --mount=type=cach,target=/x y",
    'unsupported mount type "cach" (did you mean cache?)',
  ),
  onScratch("a mount's key that is none", "RUN --mount=type=cache,tarot=/x y", "unexpected key 'tarot' in 'tarot=/x'"),
  onScratch(
    "a mount's key before its kind",
    "RUN --mount=required,type=secret,id=x y",
    "unexpected key 'required' for mount type 'bind'",
  ),
  onScratch("a size of a bind mount", "RUN --mount=target=/x,size=1 y", "unexpected key 'size' for mount type 'bind'"),
  onScratch("a mode of a bind mount", "RUN --mount=target=/x,mode=1 y", 'mode not allowed for "bind" type mounts'),
  onScratch(
    "sharing of a bind mount",
    "RUN --mount=target=/x,sharing=locked y",
    "invalid cache sharing set for bind mount",
  ),
  onScratch("a secret with two names", "RUN --mount=type=secret,id=a,source=b y", "both source and id can't be set"),
  onScratch(
    "a secret without a name",
    "RUN --mount=type=secret y",
    "invalid secret mount. one of source, target required",
  ),
  onScratch(
    "a secret of a stage",
    "RUN --mount=type=secret,id=a,from=b y",
    "b:latest: not found",
    "secret mount should not have a from",
  ),
  onScratch(
    "a variable in a mount's from",
    "ARG A=x\nRUN --mount=from=$A,target=/x y",
    "'from' doesn't support variable expansion, define alias stage instead",
  ),
  onScratch(
    "a mount over everything",
    "RUN --mount=target=/ y",
    "invalid mount target",
    "cannot cover the root folder",
  ),
  onScratch("a network that is none", "RUN --network=nope y", "nope"),
  onScratch("a sandbox that is none", "RUN --security=nope y", "nope"),
];

/** What BuildKit looks at in every stage, needed or not. */
const unneeded: readonly Refusal[] = [
  elsewhere("an unknown flag in another stage", "COPY --form=a a b", "unknown flag: --form"),
  elsewhere("a list that is none in another stage", "SHELL x", "SHELL requires the arguments to be in JSON form"),
  elsewhere("too few words in another stage", "COPY a", "COPY requires at least two arguments"),
  elsewhere(
    "a health check of another kind in another stage",
    "HEALTHCHECK RUN x",
    'Unknown type "RUN" in HEALTHCHECK',
  ),
  elsewhere(
    "a variable in --from in another stage",
    "COPY --from=$A x y",
    "variable expansion is not supported for --from",
  ),
  refused(
    "a platform that comes to nothing in another stage",
    "FROM --platform=$NONE scratch\nFROM scratch\nENV a=1",
    "empty platform value from expression $NONE",
  ),
  refused(
    "a base that comes to nothing in another stage",
    "FROM $NONE\nFROM scratch\nENV a=1",
    "base name ($NONE) should not be blank",
  ),
  refused("a flag of FROM in another stage", "FROM --form=x scratch\nFROM scratch\nENV a=1", "unknown flag: --form"),
];

/** Every Dockerfile that both refuse. */
export const refusals: readonly Refusal[] = [...syntax, ...stages, ...instructions, ...mounts, ...unneeded];
