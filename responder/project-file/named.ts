import { RUNTIMES } from "../../protocol/runtimes.ts";
import { nearest } from "../../protocol/nearest.ts";
import type { YamlNode } from "./yaml-node.ts";
import { SERVICE_NAMES } from "./project-file.ts";

interface Named<Name extends string> {
  readonly name: Name;
  readonly version?: string;
}

export const readRuntimes = (place: YamlNode) => readNamed(place, RUNTIMES, "runtime");
export const readServices = (place: YamlNode) => readNamed(place, SERVICE_NAMES, "service");

/** A list of `ruby@3.1` or `ruby: 3.1`, or a map of `ruby: 3.1` or `ruby: {version: 3.1}`. */
function readNamed<Name extends string>(place: YamlNode, names: readonly Name[], kind: string) {
  const found: Named<Name>[] = [];
  const take = (written: string, value: YamlNode | undefined, at: YamlNode) => {
    const [text = "", ...versions] = written.split("@");
    const name = names.find((known) => known === text);
    if (name === undefined) {
      const meant = nearest(text, names);
      const instead = meant ?? `one of ${names.join(", ")}`;
      const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
      return at.wrong(`there is no ${kind} ${shown}; write ${instead}`);
    }
    if (value !== undefined) versions.push(...versionIn(value));
    const [version, another] = versions;
    if (
      another !== undefined ||
      (version !== undefined && !/^\d{1,9}(\.\d{1,9}){0,4}$/.test(version))
    ) {
      return at.wrong(
        `${JSON.stringify(versions.join("@").slice(0, 40))} is no version; write ${name}@ and digits with dots`,
      );
    }
    if (found.some((one) => one.name === name)) {
      return at.wrong(`${name} is there twice; write it once`);
    }
    found.push(version === undefined ? { name } : { name, version });
    return undefined;
  };
  for (const entry of place.list(`some of ${names.join(", ")}`)) {
    if (!entry.isMap) take(entry.text ?? "", undefined, entry);
    else for (const { name, value } of entry.entries("a name")) take(name, value, value);
  }
  return found;
}

/** The version after a name, or in a map. */
function versionIn(value: YamlNode): string[] {
  if (value.isEmpty) return [];
  const place = value.isMap ? value.fields(["version"], "version").version : value;
  if (place === undefined) return [];
  return [place.text ?? ""];
}
