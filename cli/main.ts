import { CliError } from "./cli-error.ts";
import { parseArguments } from "./command.ts";
import { ROOT } from "./commands.ts";
import { EXIT } from "./exit-codes.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { version } from "./layout.ts";
import { endWithReader } from "./output-end.ts";
import { find, isGroup, unknown } from "./tree.ts";

async function main(argv: string[]): Promise<number | void> {
  if (argv[0] === "--version") {
    process.stdout.write(`${version()}\n`);
    return EXIT.ok;
  }
  if (argv.length === 0) {
    process.stderr.write(groupHelp(ROOT));
    return EXIT.usage;
  }
  const help = argv[0] === "help";
  const { found, rest } = await find(ROOT, help ? argv.slice(1) : argv);
  if (isGroup(found)) {
    if (!help && rest[0] !== "--help" && rest[0] !== "-h") throw unknown(found, rest[0]);
    process.stdout.write(groupHelp(found));
    return EXIT.ok;
  }
  const args = parseArguments(found, rest);
  if (!help && !args.flag("help")) return found.run(args);
  process.stdout.write(commandHelp(found));
  return EXIT.ok;
}

endWithReader();
try {
  process.exitCode = (await main(process.argv.slice(2))) ?? EXIT.ok;
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  if (error.hint !== undefined) process.stderr.write(`hint: ${error.hint}\n`);
  process.exitCode = error.exitCode;
}
