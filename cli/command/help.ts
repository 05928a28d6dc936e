import { Option, type HelpConfiguration } from "@commander-js/extra-typings";

/** Wider lines are hard to read, also on a wide terminal. */
const MAX_WIDTH = 110;

/** Commander's help, with the summary as its first line. */
export const HELP: HelpConfiguration = {
  prepareContext({ helpWidth }) {
    this.helpWidth = Math.min(helpWidth ?? MAX_WIDTH, MAX_WIDTH);
  },
  commandDescription: (command) =>
    [`${command.summary()}.`, command.description()].filter((text) => text !== "").join("\n\n"),
  subcommandTerm: (command) => command.name(),
  subcommandDescription: (command) => command.summary(),
  visibleOptions(command) {
    const help = command.createOption("-h, --help", "Show this help");
    return [...mergeOpposites(command.options.filter(({ hidden }) => !hidden)), help];
  },
};

/** Shows an option and its opposite as one: `--[no-]network`. */
function mergeOpposites(options: readonly Option[]): Option[] {
  return options.flatMap((option) => {
    const opposite = options.find(
      (other) => other.negate !== option.negate && other.attributeName() === option.attributeName(),
    );
    // An opposite that has a text of its own, as one of an option with a value, gets a line of its own.
    if (!opposite || opposite.description || option.negate) return option.description ? option : [];
    const flags = option.flags.replace("--", "--[no-]");
    return Object.assign(new Option(option.flags, option.description), { flags });
  });
}

/** Text for the end of a command's help. */
export function examples(...lines: string[]): string {
  return ["\nExamples:", ...lines.map((line) => `  ${line}`)].join("\n");
}
