import { nearest } from "../../protocol/nearest.ts";
import type { FileCommand } from "./project-file.ts";
import { isText } from "./texts.ts";
import type { YamlNode } from "./yaml-node.ts";

const MAX_SHOWN = 40;
/** Of 200 commands each could name all others. */
const MAX_NEEDED = 50;
/** Names that are compared with those there are. */
const MAX_SUGGESTED = 3;

/** A command with the places that mistakes name. */
export interface WrittenCommand {
  readonly command: FileCommand;
  readonly place: YamlNode;
  /** The entries of its `depends_on`. */
  readonly dependsOn: readonly YamlNode[];
}

/** The names in a `depends_on`; an empty list says that the command begins at once. */
export function readNeeded(place: YamlNode): YamlNode[] {
  const entries = place.isEmptyList ? [] : place.list("names of commands", MAX_NEEDED);
  return entries.filter(
    (entry) => isText(entry.text) || entry.wrong("it is no name; write the name of a command"),
  );
}

/** Notes the mistakes of commands that say what they depend on: names that are not clear, and circles. */
export function checkGraph(written: readonly WrittenCommand[]): void {
  if (written.every(({ command }) => command.dependsOn === undefined)) return;
  const byName = new Map<string, WrittenCommand>();
  for (const one of written) {
    const { name } = one.command;
    if (byName.has(name)) {
      one.place.wrong(`there is another ${shown(name)}, and depends_on needs names; write a name`);
    } else byName.set(name, one);
  }
  const unknown = new Set<string>();
  for (const { command, place, dependsOn } of written) {
    for (const entry of dependsOn) {
      const name = entry.text ?? "";
      if (byName.has(name) || unknown.has(name)) continue;
      unknown.add(name);
      const meant = unknown.size <= MAX_SUGGESTED ? nearestName(name, byName) : undefined;
      entry.wrong(`there is no command ${shown(name)}; write ${meant ?? "the name of one"}`);
    }
    const { when, dependsOn: needed = [] } = command;
    if (needed.length === 0 && when?.status?.includes("success") === false) {
      place.wrong("it never runs, as nothing before it can fail; write depends_on");
    }
  }
  if (unknown.size === 0 && byName.size === written.length) refuseCircle(byName);
}

/** Of the short ones: comparing long names takes long, and a mistake has no room for them. */
function nearestName(name: string, byName: ReadonlyMap<string, unknown>): string | undefined {
  return nearest(
    name,
    [...byName.keys()].filter((known) => known.length <= MAX_SHOWN),
  );
}

function refuseCircle(byName: ReadonlyMap<string, WrittenCommand>): void {
  const left = new Set(byName.keys());
  const isLeft = (entry: YamlNode) => left.has(entry.text ?? "");
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const name of left) if (!byName.get(name)?.dependsOn.some(isLeft)) left.delete(name);
  }
  // Each of those left depends on another of them, so any way leads into a circle.
  const path: string[] = [];
  let [name] = left;
  while (name !== undefined && !path.includes(name)) {
    path.push(name);
    name = byName.get(name)?.dependsOn.find(isLeft)?.text;
  }
  if (name === undefined) return;
  const circle = path.slice(path.indexOf(name));
  const words = [...circle, name].slice(0, 6).map(shown).join(" → ");
  const entry = byName.get(circle[0]!)?.dependsOn.find(isLeft);
  entry?.wrong(`it makes a circle, ${words}; leave one out`);
}

function shown(name: string): string {
  return JSON.stringify(name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name);
}
