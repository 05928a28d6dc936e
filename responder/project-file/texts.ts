import type { YamlNode } from "./yaml-node.ts";

/** Whether a program can be given the text: no argument or variable holds anything else. */
export const isPassable = (text: string) => !text.includes("\0") && text.isWellFormed();

export const isText = (text: string | undefined): text is string =>
  text !== undefined && text.trim() !== "" && isPassable(text);

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
