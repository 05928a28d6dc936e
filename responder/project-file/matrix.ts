import { isPassable } from "./texts.ts";
import { isVariable } from "./fields.ts";
import type { YamlNode } from "./yaml-node.ts";

/** Each pass has a work tree of its own. */
const MAX_PASSES = 20;

/** The variables of each pass: every combination of one value a name, the last name changing first. */
export function readMatrix(place: YamlNode): Record<string, string>[] {
  let passes: Record<string, string>[] = [{}];
  for (const { name, value } of place.entries("names of variables, each with a list of values")) {
    const values = readValues(value);
    if (!isVariable(name, value)) continue;
    if (passes.length * values.length > MAX_PASSES) {
      place.wrong(`it makes more than ${MAX_PASSES} combinations; write fewer values`);
      return [];
    }
    passes = passes.flatMap((pass) => values.map((one) => ({ ...pass, [name]: one })));
  }
  return passes.some((pass) => Object.keys(pass).length > 0) ? passes : [];
}

function readValues(place: YamlNode): string[] {
  const seen = new Set<string>();
  for (const entry of place.list("a list of values")) {
    const text = entry.text;
    if (text === undefined || text === "" || !isPassable(text) || text.length > 200) {
      entry.wrong("this is no value of a variable; write a text of 200 characters at most");
    } else if (seen.has(text)) entry.wrong("it is there twice; write each value once");
    else seen.add(text);
  }
  if (place.isEmptyList) place.wrong("it is empty; write a list of values");
  return [...seen];
}
