import { CliError, usageError } from "./cli-error.ts";
import { parseArguments } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT } from "./exit-codes.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { version } from "./layout.ts";

async function main(argv: string[]): Promise<number | void> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const command = name === "help" && rest[0] !== undefined ? await find(rest[0]) : undefined;
    const help = command ? commandHelp(command) : generalHelp(COMMANDS);
    (name === undefined ? process.stderr : process.stdout).write(help);
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === "--version") {
    process.stdout.write(`${version()}\n`);
    return EXIT.ok;
  }
  const command = await find(name);
  const args = parseArguments(command, rest);
  if (args.flag("help")) {
    process.stdout.write(commandHelp(command));
    return EXIT.ok;
  }
  return command.run(args);
}

async function find(name: string) {
  const entry = COMMANDS.find((command) => command.name === name);
  if (entry) return entry.load();
  const what = name.startsWith("-") ? "option" : "command";
  throw usageError(`there is no ${what} "${name}"`);
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ?? EXIT.ok;
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  if (error.hint !== undefined) process.stderr.write(`hint: ${error.hint}\n`);
  process.exitCode = error.exitCode;
}
