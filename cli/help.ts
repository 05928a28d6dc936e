import type { Command } from "./command.ts";

/** The help of the whole command line. */
export function generalHelp(commands: { name: string; summary: string }[]): string {
  return [
    "Signed code blocks on static pages, run on machines that exist only while they are needed.",
    "",
    "Usage: deferred COMMAND [options]",
    "",
    "Commands:",
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Options:",
    ...columns([
      ["-h, --help", "Show this help, or a command's: deferred sign --help"],
      ["--version", "Print the version"],
    ]),
    "",
    "Settings come from the environment: DEFERRED_DATA names the data folder (./data), PORT the port.",
    "",
  ].join("\n");
}

export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, multiple, help }]) => [
    `--${name}${value === undefined ? "" : ` ${value}`}${multiple ? " …" : ""}`,
    help,
  ]);
  return [
    command.summary,
    "",
    `Usage: deferred ${command.name} ${command.usage}`.trimEnd(),
    ...(command.details ?? []).flatMap((paragraph) => ["", paragraph]),
    "",
    "Options:",
    ...columns([...options, ["-h, --help", "Show this help"]]),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

/** Lines of aligned columns, indented by two. */
export function columns(rows: string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    `  ${row.map((cell, index) => cell.padEnd(widths[index]!)).join("  ")}`.trimEnd(),
  );
}
