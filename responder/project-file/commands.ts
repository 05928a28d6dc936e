import type { YamlNode } from "./yaml-node.ts";
import { defaultName, type FileCommand } from "./project-file.ts";

/** Whether a program can be given the text: no argument or variable holds anything else. */
export const isPassable = (text: string) => !text.includes("\0") && text.isWellFormed();

export const isText = (text: string | undefined): text is string =>
  text !== undefined && text.trim() !== "" && isPassable(text);

export function readCommands(place: YamlNode): FileCommand[] {
  const what = "a list of commands";
  const entries = place.list(what);
  // An empty list would make every push succeed.
  if (place.isEmptyList) place.wrong(`it is empty; write ${what}`);
  return entries.flatMap((entry) => {
    const read = entry.isMap ? readMap(entry) : readText(entry);
    return read ?? [];
  });
}

function readText(entry: YamlNode): FileCommand | undefined {
  const what = "a command is empty or no text; write it as you would in a shell";
  const run = commandIn(entry, what);
  return run === undefined ? undefined : { name: defaultName(run), run };
}

function readMap(entry: YamlNode): FileCommand | undefined {
  const names = entry.names;
  if (names.length === 1 && names[0] !== "name" && names[0] !== "run") {
    const sign = entry.isFlow ? "{" : '": "';
    return entry.wrong(
      `${sign} makes a map of it in YAML; put the command into quotes${entry.inQuotes}`,
    );
  }
  const { name, run } = entry.fields(["name", "run"], "a command, or name and run");
  const what = "a command has to say what to run; write run: and the command";
  const command = commandIn(run ?? entry, what);
  if (name && !isText(name.text)) return name.wrong("it is empty; write what the step is called");
  if (command === undefined) return undefined;
  return { name: name?.text ?? defaultName(command), run: command };
}

/** The command for bash, where YAML read the line as written. */
export function commandIn(place: YamlNode, what: string): string | undefined {
  const { text, misread } = place;
  if (misread !== undefined) return place.wrong(misread);
  if (place.isList) {
    return place.wrong(
      `[ makes a list of it in YAML; put the command into quotes${place.inQuotes}`,
    );
  }
  if (text !== undefined && !isPassable(text)) {
    return place.wrong("it has a character that no program can be given; leave it out");
  }
  return isText(text) ? text : place.wrong(what);
}
