import { SecretNameSchema } from "../../protocol/command.ts";
import { hiddenVariable } from "../../protocol/run-variables.ts";
import { MAX_CACHES } from "../../protocol/sizes.ts";
import * as v from "valibot";
import { commandIn, isPassable, isText } from "./texts.ts";
import type { YamlNode } from "./yaml-node.ts";
import type { FileCache, FileServe } from "./project-file.ts";

const SERVE_S = 60;
const MAX_SECONDS = 24 * 3600;
const MAX_HISTORY = 1_000_000;
const PATTERN = /^[^\s~^:?[\\]{1,255}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Readers of the keys' values. They return undefined after noting a mistake. */
export function readEnv(place: YamlNode): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value } of place.entries("names and values of variables")) {
    const text = value.isEmpty ? "" : value.text;
    if (value.isEmpty && value.hasComment) {
      value.wrong("# begins a comment in YAML, so it is empty; put the value into quotes");
    }
    if (!isVariable(name, value)) continue;
    if (text === undefined || !isPassable(text)) {
      value.wrong("a variable's value is a text; write one, in quotes where it has several lines");
    } else env[name] = text;
  }
  return env;
}

/** Whether a key names a variable that the commands may get; notes the mistake where it does not. */
export function isVariable(name: string, value: YamlNode): boolean {
  if (!VARIABLE.test(name)) {
    value.wrong("this is no name of a variable; write letters, digits and _");
  } else if (name.startsWith("DEFERRED")) {
    value.wrong("names that begin with DEFERRED are taken; choose another");
  } else return true;
  return false;
}

export function readSecrets(place: YamlNode): string[] {
  return place.list("names of the project's secrets").flatMap((entry) => {
    if (!v.is(SecretNameSchema, entry.text)) {
      entry.wrong("this is no name of a secret; write capitals, digits and _, never the secret");
      return [];
    }
    const hidden = hiddenVariable(entry.text);
    if (hidden === undefined) return [entry.text];
    entry.wrong(hidden);
    return [];
  });
}

/** A path that stays below where it begins; without `./` and a last `/`. */
function inner(text: string | undefined): string | undefined {
  if (!isText(text) || text.startsWith("/") || text.length > 500) return undefined;
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? undefined : parts.join("/");
}

export function readCaches(place: YamlNode): FileCache[] {
  return place.list("a list of folders", MAX_CACHES).flatMap((entry) => {
    const fields = entry.isMap
      ? entry.fields(["folder", "key"], "a folder, or folder and key")
      : { folder: entry };
    const text = fields.folder?.text;
    const isHome = text?.startsWith("~/") ?? false;
    const path = inner(isHome ? text?.slice(2) : text);
    if (path === undefined || path === "~") {
      (fields.folder ?? entry).wrong(
        "a cache is a folder of the work tree or of ~; write its path without .. and not from /",
      );
      return [];
    }
    const key = (fields.key?.list("a list of files") ?? []).flatMap((file) => {
      const path = inner(file.text);
      if (path !== undefined) return [path];
      file.wrong("a key is a file of the work tree; write its path without .. and not from /");
      return [];
    });
    return [{ folder: isHome ? `~/${path}` : path, key }];
  });
}

export function readArtifacts(place: YamlNode): string[] {
  return readPaths(place, "an artifact");
}

/** Files, folders or patterns of the work tree. */
export function readPaths(place: YamlNode, what = "it"): string[] {
  return place.list("a list of files, folders or patterns").flatMap((entry) => {
    const path = inner(entry.text);
    if (path !== undefined) return [path];
    entry.wrong(`${what} is in the work tree; write its path without .. and not from /`);
    return [];
  });
}

export function readSeconds(place: YamlNode): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(place.text ?? "") ?? [];
  const factor = unit === "h" ? 3600 : unit === "m" || unit === "min" ? 60 : 1;
  const seconds = Number(digits) * factor;
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  return place.wrong("this is no time up to a day; write 90s, 10m, 1h or a number of seconds");
}

export function readBranches(place: YamlNode): string[] {
  return place.list("a list of branches").flatMap((entry) => {
    if (PATTERN.test(entry.text ?? "")) return [entry.text!];
    entry.wrong("this is no branch; write its name, where * stands for any characters");
    return [];
  });
}

export function readServe(place: YamlNode): FileServe | undefined {
  const fields = place.isMap
    ? place.fields(["command", "port", "ready", "timeout"], "the app's command")
    : { command: place };
  const command = commandIn(
    fields.command ?? place,
    "it does not say what to start; write the app's command",
  );
  const port = fields.port && Number(fields.port.text);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1024 && port <= 65_535)) {
    fields.port?.wrong(
      "this is no port of an app; write a number from 1024 to 65535, or leave it out",
    );
  }
  const ready = fields.ready?.text;
  if (fields.ready && !/^\/[\x21-\x7e]*$/.test(ready ?? "")) {
    fields.ready.wrong("this is no path; write one that begins with /");
  }
  const timeoutS = (fields.timeout && readSeconds(fields.timeout)) ?? SERVE_S;
  return command === undefined ? undefined : { command, port, ready, timeoutS };
}

export function readNetwork(place: YamlNode): boolean {
  if (place.truth === undefined) place.wrong("it is neither; write true or false");
  return place.truth ?? true;
}

export function readHistoryDepth(place: YamlNode): "full" | number | undefined {
  if (place.text === "full") return "full";
  const commits = Number(place.text);
  if (Number.isInteger(commits) && commits >= 1 && commits <= MAX_HISTORY) return commits;
  return place.wrong("this is no number of commits; write one, or full");
}
