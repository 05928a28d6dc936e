import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UsageError } from "../errors/cli-error.ts";
import { bash, fish, zsh, type ShellCompletion } from "@optique/core/completion";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { programOutput } from "../terminal/print.ts";
import { suggest } from "./suggest.ts";

const SHELLS: readonly ShellCompletion[] = [bash, zsh, fish];

export function completion(
  command: Command,
  { createProgram }: { createProgram: (line: string[]) => Promise<CommandUnknownOpts> },
): CommandUnknownOpts {
  const words = createCommand(
    "words",
    "Print the words that may come next, as a shell's script asks",
  )
    .argument("<SHELL>")
    .argument("[WORD...]", "The command line so far, the unfinished word last")
    .action(async (shell, line) => {
      const write = programOutput("stdout");
      const suggestions = await suggest(await createProgram(line), line);
      for (const chunk of findShell(shell).encodeSuggestions(suggestions)) write(`${chunk}\n`);
    });
  return command
    .description(
      [
        'bash: put  eval "$(deferred completion bash)"  into ~/.bashrc',
        'zsh:  put  eval "$(deferred completion zsh)"   into ~/.zshrc, after compinit',
        "fish: deferred completion fish > ~/.config/fish/completions/deferred.fish",
        "",
        "The scripts ask deferred itself for what may come next: commands, options, files, and the server's projects and " +
          "newest runs. A server that does not answer within a second is left out.",
      ].join("\n"),
    )
    .argument("<SHELL>", "bash, zsh or fish")
    .addCommand(words, { hidden: true })
    .addHelpText(
      "after",
      examples("deferred completion fish > ~/.config/fish/completions/deferred.fish"),
    )
    .action((name) => {
      const shell = findShell(name);
      const script = shell.generateScript("deferred", ["completion", "words", shell.name, "--"]);
      programOutput("stdout")(script);
    });
}

function findShell(name: string): ShellCompletion {
  const shell = SHELLS.find((one) => one.name === name);
  if (shell) return shell;
  throw new UsageError(`completion knows bash, zsh and fish, not "${name}"`);
}
