/** How parts of a text stand out; without colour, texts are as they are. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** Makes the style of a terminal, or that of anything else. */
export function makeStyle(colour: boolean): Style {
  const style = (on: number, off: number) => (text: string) => (colour ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    yellow: style(33, 39),
    blue: style(34, 39),
    cyan: style(36, 39),
  };
}

/** Tells whether a stream gets colours: a terminal does, unless `NO_COLOR` is set to something (no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
}

/** Makes control characters visible, so that a text from elsewhere cannot move a terminal's cursor. */
export function withoutControlCodes(text: string): string {
  // Colours and the like are dropped whole, everything else that is left is shown as its code.
  return text
    .replaceAll(/\u001b\[[0-9;:?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g, "")
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (code) => {
      return code === "\r" ? "" : `\\x${code.charCodeAt(0).toString(16).padStart(2, "0")}`;
    });
}

/** A text on one line: line breaks and what is around them become a space. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
