import { oneLine } from "../one-line.ts";

/** Characters of the console's end that are searched, and of the line that is returned. */
const END_CHARACTERS = 8192;
const LINE_CHARACTERS = 200;

/** Prefix of the set-up's own lines, which a kernel or a login prompt may follow. */
const OWN = "Deferred Runner: ";

/** The console line that best explains a failed boot: the last line of the set-up, else the last line. */
export function lastLineOf(console: string): string | undefined {
  const lines = console
    .slice(-END_CHARACTERS)
    .split(/[\r\n]+/)
    .map((line) => oneLine(line, END_CHARACTERS))
    .filter((line) => line !== "");
  const own = lines.findLast((line) => line.includes(OWN));
  const line = own?.slice(own.indexOf(OWN) + OWN.length) ?? lines.at(-1);
  return line?.slice(0, LINE_CHARACTERS);
}
