import type { FileCommand } from "./project-file.ts";

/** A key at the beginning of a line, a list, a flow collection, a block text or a directive. */
const YAML_LINE = /^(?:["']?[A-Za-z_][\w-]*["']?\s*:(?:\s|$)|-(?:\s|$)|---|[{[|>%&*!])/m;

/**
 * The commands of a file that is none of YAML but bare commands, each on its own line; undefined where it is
 * something else.
 */
export function plainCommands(text: string): FileCommand[] | undefined {
  const lines = text
    // A line that ends so goes on in the next one.
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0 || YAML_LINE.test(text)) return undefined;
  return lines.map((run) => ({ name: run, run }));
}
