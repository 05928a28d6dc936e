import { commandIn, isText } from "./texts.ts";
import type { YamlNode } from "./yaml-node.ts";
import { checkGraph, readNeeded, type WrittenCommand } from "./graph.ts";
import { defaultName, type FileCommand } from "./project-file.ts";
import { readWhen } from "./when.ts";

const FIELDS = ["name", "run", "failure", "when", "depends_on"] as const;

export function readCommands(place: YamlNode): FileCommand[] {
  const what = "a list of commands";
  const entries = place.list(what);
  // An empty list would make every push succeed.
  if (place.isEmptyList) place.wrong(`it is empty; write ${what}`);
  const read = entries.map((entry) => (entry.isMap ? readMap(entry) : readText(entry)));
  const commands = read.filter((one) => one !== undefined);
  // With a command missing, names would be called unknown that are known.
  if (commands.length === read.length) checkGraph(commands);
  return commands.map(({ command }) => command);
}

function readText(entry: YamlNode): WrittenCommand | undefined {
  const what = "a command is empty or no text; write it as you would in a shell";
  const run = commandIn(entry, what);
  return run === undefined
    ? undefined
    : { command: { name: defaultName(run), run }, place: entry, dependsOn: [] };
}

function readMap(entry: YamlNode): WrittenCommand | undefined {
  const names = entry.names;
  if (names.length === 1 && !FIELDS.some((field) => field === names[0])) {
    const sign = entry.isFlow ? "{" : '": "';
    return entry.wrong(
      `${sign} makes a map of it in YAML; put the command into quotes${entry.inQuotes}`,
    );
  }
  const fields = entry.fields(FIELDS, "a command, or name and run");
  const { name, run, failure, when, depends_on: dependsOn } = fields;
  const what = "a command has to say what to run; write run: and the command";
  const command = commandIn(run ?? entry, what);
  if (name && !isText(name.text)) return name.wrong("it is empty; write what the step is called");
  if (failure && failure.text !== "ignore")
    failure.wrong("it is not ignore; write that or leave it out");
  const conditions = when && readWhen(when);
  const needed = dependsOn && readNeeded(dependsOn);
  if (command === undefined) return undefined;
  return {
    command: {
      name: name?.text ?? defaultName(command),
      run: command,
      ...(failure && { failure: "ignore" }),
      ...(conditions && { when: conditions }),
      ...(needed && { dependsOn: needed.map(({ text = "" }) => text) }),
    },
    place: name ?? run ?? entry,
    dependsOn: needed ?? [],
  };
}
