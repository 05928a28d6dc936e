import { columns } from "./columns.ts";
import type { Command, Option } from "./command.ts";
import type { Group } from "./tree.ts";

/** The help of the whole command line, or of commands that share their first words. */
export function groupHelp(group: Group): string {
  const name = group.name === "" ? "deferred" : `deferred ${group.name}`;
  return [
    group.summary,
    "",
    `Usage: ${name} COMMAND [options]`,
    ...paragraphs(group.details),
    "",
    "Commands:",
    ...indented(group.commands.map((entry) => [entry.name, entry.summary])),
    "",
    "Options:",
    ...indented([
      ["-h, --help", `Show this help, or a command's: ${name} ${exampleOf(group)} --help`],
      ...(group.name === "" ? [["--version", "Print the version"]] : []),
    ]),
    ...(group.examples.length > 0 ? ["", "Examples:", ...examples(group)] : []),
    "",
  ].join("\n");
}

/** The second where there is one: how the first goes, most know. */
function exampleOf({ commands }: Group): string {
  return (commands[1] ?? commands[0]!).name;
}

export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, option]) => [
    optionText(name, option),
    option.help,
  ]);
  return [
    command.summary,
    "",
    `Usage: deferred ${command.name} ${command.usage}`.trimEnd(),
    ...paragraphs(command.details),
    "",
    "Options:",
    ...indented([...options, ["-h, --help", "Show this help"]]),
    "",
    "Examples:",
    ...examples(command),
    "",
  ].join("\n");
}

function optionText(name: string, { short, value, multiple, negatable }: Option): string {
  return [
    short === undefined ? "" : `-${short}, `,
    negatable ? `--[no-]${name}` : `--${name}`,
    value === undefined ? "" : ` ${value}`,
    multiple ? " …" : "",
  ].join("");
}

function paragraphs(details: string[] | undefined): string[] {
  return (details ?? []).flatMap((paragraph) => ["", paragraph]);
}

function indented(rows: string[][]): string[] {
  return columns(rows).map((line) => `  ${line}`);
}

function examples(of: { examples: string[] }): string[] {
  return of.examples.map((example) => `  ${example}`);
}
