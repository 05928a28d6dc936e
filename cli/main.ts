import { inspect } from "node:util";
import { CliError } from "./cli-error.ts";
import { parseArguments } from "./command.ts";
import { ROOT } from "./commands.ts";
import { EXIT } from "./exit-codes.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { version } from "./layout.ts";
import { endWithReader } from "./output-end.ts";
import { print, printError, tell } from "./print.ts";
import { find, isGroup, unknown } from "./tree.ts";

async function main(argv: string[]): Promise<number | void> {
  if (argv[0] === "--version") {
    print(version());
    return EXIT.ok;
  }
  if (argv.length === 0) {
    tell(...linesOf(groupHelp(ROOT)));
    return EXIT.usage;
  }
  const help = argv[0] === "help";
  const { found, rest } = await find(ROOT, help ? argv.slice(1) : argv);
  if (isGroup(found)) {
    if (!help && rest[0] !== "--help" && rest[0] !== "-h") throw unknown(found, rest[0]);
    print(...linesOf(groupHelp(found)));
    return EXIT.ok;
  }
  const args = parseArguments(found, rest);
  if (!help && !args.flag("help")) return found.run(args);
  print(...linesOf(commandHelp(found)));
  return EXIT.ok;
}

function linesOf(help: string): string[] {
  return help.trimEnd().split("\n");
}

endWithReader();
process.on("uncaughtException", (error) => {
  printError(`deferred itself failed\n${inspect(error)}`, "report this, with what stands above");
  process.exit(EXIT.failed);
});
try {
  process.exitCode = (await main(process.argv.slice(2))) ?? EXIT.ok;
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  printError(error.message, error.hint);
  process.exitCode = error.exitCode;
}
