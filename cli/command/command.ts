import { Command, type CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { print, tell } from "../terminal/print.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { HELP } from "./help.ts";

/** A command whose help, output and errors are this program's. The summary is one sentence without a full stop. */
export function createCommand(name: string, summary: string): Command {
  const command = new Command(name);
  return command
    .summary(summary)
    .helpOption("-h, --help", "Show this help")
    .helpCommand(false)
    .configureHelp(HELP)
    .configureOutput({
      writeOut: (text) => print(...text.trimEnd().split("\n")),
      writeErr: (text) => tell(...text.trimEnd().split("\n")),
      // Thrown below, and printed where all errors are.
      outputError: () => {},
    })
    .exitOverride((error) => {
      throw isShown(error) ? error : usageError(error, command);
    });
}

/** Whether commander ended after it printed help or a version. */
export function isShown({ code }: CommanderError): boolean {
  return ["commander.helpDisplayed", "commander.help", "commander.version"].includes(code);
}

/** Commander's message without its label, and its suggestion as the hint. */
function usageError({ code, message }: CommanderError, command: CommandUnknownOpts): CliError {
  const [said = "", meant] = message.replace(/^error: /, "").split("\n(Did you mean ");
  const see = helpHint(command);
  return new CliError(said.replace(/\.$/, "") + explain(code, command), {
    hint: meant ? `did you mean ${meant.replace(/\)$/, "")} ${see.replace("see", "See")}` : see,
    exitCode: EXIT.usage,
  });
}

function explain(code: string, command: CommandUnknownOpts): string {
  if (code === "commander.unknownCommand" && command.parent) {
    return `; there are ${command.commands.map((each) => each.name()).join(", ")}`;
  }
  // Commands that run another are often called without what sets its options apart.
  const isApart = code === "commander.unknownOption" && command.usage().includes(" -- ");
  return isApart ? "; put -- before what is not for deferred" : "";
}

export function helpHint(command: CommandUnknownOpts): string {
  const names = [command.name()];
  for (let parent = command.parent; parent; parent = parent.parent) names.unshift(parent.name());
  return `see ${names.join(" ")} --help`;
}
