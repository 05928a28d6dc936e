import { FORM, KEYS, MAX_ENTRIES } from "./keys.ts";
import { nearest } from "../../protocol/nearest.ts";
import { defaultName, type FileCommand } from "./project-file.ts";
import { refusal, type Mistake } from "./refuse.ts";
import { shellCommands, type ShellCommand } from "./shell-lines.ts";

const NAMES = KEYS.join("|");
/** A known key, in quotes or after the brace of a flow map too. */
const KEY = new RegExp(`^(?:\\{\\s*)?(?:(?:${NAMES})\\s*:(?=\\s|$)|(["'])(?:${NAMES})\\1\\s*:)`);
const DOCUMENT = /^---(?:\s|$)/;
/** A first word that is no program's name, so it must be a misspelled key. */
const WORD_WITH_COLON = /^([A-Za-z_][\w-]*):(?:\s|$)/;

/**
 * The commands of a file without a key or `---` at the beginning of a line; undefined where it is YAML. Throws a
 * `CommandRefusal` where it is neither.
 */
export function plainCommands(text: string): FileCommand[] | undefined {
  const commands = shellCommands(text).filter(({ text }) => !/^\s*(?:#|$)/.test(text));
  const [first] = commands;
  if (first === undefined || isYamlLine(first.text)) return undefined;
  // Quotes mean something else in YAML: only a command is read as bash reads it.
  const isWord = WORD_WITH_COLON.test(first.text);
  if (isWord && text.split("\n").some(isYamlLine)) return undefined;
  const key = commands.flatMap(({ plain }) => plain).find(({ text }) => isYamlLine(text));
  if (key !== undefined) {
    const what = `line ${key.line} begins with a key, so the file is YAML, and this line is none`;
    throw refusal({ line: first.line, text: `${what}; write commands under commands:` });
  }
  const mistakes = commands.flatMap((command) => mistakeIn(command) ?? []);
  if (commands.length > MAX_ENTRIES)
    mistakes.push({
      line: commands[MAX_ENTRIES]!.line,
      text: `these are more than ${MAX_ENTRIES} commands; write fewer`,
    });
  if (mistakes.length > 0) throw refusal(...mistakes);
  return commands.map(({ text }) => {
    const run = text.trimStart();
    return { name: defaultName(run), run };
  });
}

const isYamlLine = (line: string) => KEY.test(line.trimStart()) || DOCUMENT.test(line);

function mistakeIn({ line, text, open }: ShellCommand): Mistake | undefined {
  const [, word] = WORD_WITH_COLON.exec(text.trimStart()) ?? [];
  if (word !== undefined) {
    const meant = nearest(word, KEYS);
    const instead = meant ?? `one of ${KEYS.join(", ")}, or nothing but commands, one a line`;
    return { line, text: `${word}: there is no such key; write ${instead}` };
  }
  if (/^\s*-(?:\s|$)/.test(text)) return { line, text: `it is not a map; write ${FORM}` };
  if (open === undefined) return undefined;
  return { line, text: `this command does not end: ${missing(open)}` };
}

function missing(open: string): string {
  switch (open) {
    case "'":
    case "$'":
      return "a ' is not closed; close it, or put the text between two \"";
    case '"':
    case "`":
      return `a ${open} is not closed; close it, or write \\${open}`;
    case "${":
      return "a ${ is not closed; write }";
    default:
      return open.startsWith("<<")
        ? `no line is ${open.slice(2)} alone; write it after the here-document`
        : `write ${open} where it ends`;
  }
}
