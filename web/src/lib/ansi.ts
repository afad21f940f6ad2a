/** Console lines with their colours (ECMA-48 SGR, the sixteen base colours, bold and dim). Pure. */

export interface Span {
  text: string;
  colour: string | null;
  bold: boolean;
  dim: boolean;
}

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** A line as coloured pieces; other escape sequences are dropped. */
export function ansi(line: string): Span[] {
  const out: Span[] = [];
  let colour: string | null = null;
  let bold = false;
  let dim = false;
  let last = 0;
  // eslint-disable-next-line no-control-regex
  const pattern = /\u001b\[([0-9;?]*)([A-Za-z])/g;
  const push = (text: string) => {
    if (text !== "") out.push({ text, colour, bold, dim });
  };
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    push(line.slice(last, match.index));
    last = match.index + match[0].length;
    if (match[2] !== "m") continue;
    for (const part of (match[1] ?? "").split(";")) {
      const code = part === "" ? 0 : Number(part);
      if (code === 0) [colour, bold, dim] = [null, false, false];
      else if (code === 1) bold = true;
      else if (code === 2) dim = true;
      else if (code === 22) [bold, dim] = [false, false];
      else if (code === 39) colour = null;
      else if (code >= 30 && code <= 37) colour = names[code - 30] ?? null;
      else if (code >= 90 && code <= 97) colour = names[code - 90] ?? null;
    }
  }
  push(line.slice(last));
  return out;
}
