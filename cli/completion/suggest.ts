import type { CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { text } from "@optique/core/message";
import type { Suggestion } from "@optique/core/parser";
import { projectNames, runIds, type LiveValue } from "./live-values.ts";

/** What may come next on a command line. The last of `words` is not finished, and may be empty. */
export async function suggest(
  program: CommandUnknownOpts,
  words: readonly string[],
): Promise<Suggestion[]> {
  const current = words.at(-1) ?? "";
  const all = await suggestAt(locate(program, words.slice(0, -1)), current);
  return all.filter((each) => each.kind === "file" || each.text.startsWith(current));
}

async function suggestAt(
  { command, option, operands, isApart }: Place,
  current: string,
): Promise<Suggestion[]> {
  // After -- comes another program's command line.
  if (isApart) return [FILES];
  if (option) return suggestValues(option.flags, option.argChoices);
  if (current.startsWith("-")) return suggestOptions(command);
  const argument = command.registeredArguments[operands] ?? command.registeredArguments.at(-1);
  const values = argument ? await suggestValues(argument.name(), argument.argChoices) : [];
  if (operands > 0 || command.commands.length === 0) return values;
  const listed = command.createHelp().visibleCommands(command);
  const commands = listed.map((each) => literal(each.name(), each.summary()));
  // A command with an argument of its own takes that first.
  return [...commands, ...values, ...(argument ? [] : suggestOptions(command))];
}

interface Place {
  command: CommandUnknownOpts;
  /** The option whose value comes next. */
  option: Option | undefined;
  /** How many arguments came before. */
  operands: number;
  isApart: boolean;
}

function locate(program: CommandUnknownOpts, words: readonly string[]): Place {
  const place: Place = { command: program, option: undefined, operands: 0, isApart: false };
  for (const word of words) {
    if (word === "--") return { ...place, isApart: true };
    if (place.option) place.option = undefined;
    else if (word.startsWith("-")) {
      const option = optionsOf(place.command).find(
        ({ short, long }) => short === word || long === word,
      );
      if (option?.required) place.option = option;
    } else {
      const next = place.command.commands.find((each) => each.name() === word);
      if (next) place.command = next;
      else place.operands++;
    }
  }
  return place;
}

/** Its own, and those of the command that is meant where none is named. */
function optionsOf(command: CommandUnknownOpts): readonly Option[] {
  const usual = command.commands.find((each) => each.name() === "list");
  return [...command.options, ...(usual?.options ?? [])];
}

function suggestOptions(command: CommandUnknownOpts): Suggestion[] {
  const help = command.createOption("-h, --help", "Show the help");
  return [...optionsOf(command), help].flatMap(({ short, long, description }) =>
    [short, long].flatMap((flag) => (flag ? literal(flag, description) : [])),
  );
}

const FILES: Suggestion = { kind: "file", type: "any" };

/** The values that fit a placeholder, as the help shows it: `FILE`, `--project <OWNER/NAME>`. */
async function suggestValues(
  placeholder: string,
  choices: readonly string[] | undefined,
): Promise<Suggestion[]> {
  if (choices) return choices.map((choice) => literal(choice));
  if (/\bFOLDER\b/.test(placeholder)) return [{ kind: "file", type: "directory" }];
  if (/\b(FILE|PAGE)\b/.test(placeholder)) return [FILES];
  if (placeholder.includes("OWNER/NAME")) return (await projectNames()).map(live);
  if (/\bRUN\b/.test(placeholder)) return (await runIds()).map(live);
  return [];
}

function live({ value, about }: LiveValue): Suggestion {
  return literal(value, about);
}

function literal(value: string, description = ""): Suggestion {
  return { kind: "literal", text: value, description: [text(description)] };
}
