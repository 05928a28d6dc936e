import { oneLine } from "../one-line.ts";

/** How much of a console's end is looked at, and how much of its last line is told. */
const END_CHARACTERS = 8192;
const LINE_CHARACTERS = 200;

/** The set-up's own lines begin so; a kernel or a login prompt may write after them. */
const OWN = "Deferred Runner: ";

/** The line of a console that says most of why a machine did not come up: the set-up's last, else the last. */
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
