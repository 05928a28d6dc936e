import type { Command } from "../command.ts";
import type { Group } from "../tree.ts";
import { bashScript } from "./bash.ts";
import { KNOWN, knownLines } from "./known.ts";
import { fishScript } from "./fish.ts";
import { places } from "./words.ts";
import { zshScript } from "./zsh.ts";
import { print, programOutput } from "../print.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `root`: all that is completed. */
export const completion = (root: Group): Command => ({
  name: "completion",
  usage: "bash | zsh | fish | projects | runs",
  summary: "Print what lets a shell complete these commands and their options.",
  details: [
    'bash: put  eval "$(deferred completion bash)"  into ~/.bashrc\n' +
      'zsh:  put  eval "$(deferred completion zsh)"   into ~/.zshrc, after compinit\n' +
      "fish: deferred completion fish > ~/.config/fish/completions/deferred.fish",
    "projects and runs list what those offer of the server's: names of projects, ids of the newest runs. Where it\n" +
      "does not answer within a second, that is nothing.",
  ],
  options: {},
  examples: ["deferred completion fish > ~/.config/fish/completions/deferred.fish"],
  async run(args) {
    const shell = args.only("bash, zsh or fish");
    const kind = KNOWN.find((name) => name === shell);
    if (kind) {
      print(...(await knownLines(kind, args)));
      return;
    }
    const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
    if (!script) throw args.wrong(`completion knows bash, zsh and fish, not "${shell}"`);
    programOutput("stdout")(script(await places(root)));
  },
});
