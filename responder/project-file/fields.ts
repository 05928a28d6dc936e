import { Cron } from "croner";
import { SecretNameSchema } from "../../protocol/command.ts";
import { RUNTIMES } from "../../protocol/runtimes.ts";
import { MAX_CACHES } from "../../protocol/sizes.ts";
import * as v from "valibot";
import { nearest } from "./nearest.ts";
import type { Place } from "./place.ts";
import { SERVICES, type FileCache, type FileCommand, type FileServe } from "./project-file.ts";

const SERVE_S = 60;
const MOST_SECONDS = 24 * 3600;
const MOST_HISTORY = 1_000_000;
/** As many as the server takes. */
const MOST_SCHEDULES = 20;
const CRON_CHARACTERS = 200;
const PATTERN = /^[^\s~^:?[\\]{1,255}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

const isText = (text: string | undefined): text is string =>
  text !== undefined && text.trim() !== "" && !text.includes("\0");

function atMost(most: number, place: Place, entries: Place[]): Place[] {
  if (entries.length > most) place.wrong(`it has more than ${most} entries; write fewer`);
  return entries;
}

/** What each key holds. A reader answers undefined where it has noted a mistake. */
export function readCommands(place: Place): FileCommand[] {
  const what = "a list of commands";
  return place.list(what).flatMap((entry) => {
    if (!entry.isMap) {
      if (isText(entry.text)) return [{ name: nameOf(entry.text), run: entry.text }];
      entry.wrong("a command is empty or no text; write it as you would in a shell");
      return [];
    }
    const { name, run } = entry.fields(["name", "run"], "a command, or name and run");
    if (!isText(run?.text)) {
      (run ?? entry).wrong("a command has to say what to run; write run: and the command");
      return [];
    }
    if (name && !isText(name.text)) name.wrong("it is empty; write what the step is called");
    return [{ name: isText(name?.text) ? name.text : nameOf(run.text), run: run.text }];
  });
}

/** The first line stands for a command that has several. */
function nameOf(command: string): string {
  const [first = "", ...rest] = command.trim().split("\n");
  return (rest.length === 0 ? first : `${first} …`).slice(0, 1000);
}

/** `ruby@3.1`, or `{ruby: {version: 3.1}}`. */
function readNamed<Name extends string>(place: Place, names: readonly Name[], kind: string) {
  return place.list(`some of ${names.join(", ")}`).flatMap((entry) => {
    const one = entry.isMap ? entry.entries("a name")[0] : undefined;
    const [written = "", at] = (one?.name ?? entry.text ?? "").split("@");
    const fields = one?.value.isMap ? one.value.fields(["version"], "version") : {};
    const version = fields.version?.text ?? at;
    const name = names.find((known) => known === written);
    if (name === undefined) {
      const meant = nearest(written, names);
      const instead = meant ?? `one of ${names.join(", ")}`;
      entry.wrong(`there is no ${kind} ${JSON.stringify(written)}; write ${instead}`);
      return [];
    }
    if (version !== undefined && !/^\d+(\.\d+)*$/.test(version)) {
      entry.wrong(`${JSON.stringify(version)} is no version; write ${name}@ and digits with dots`);
      return [];
    }
    return [version === undefined ? { name } : { name, version }];
  });
}

export const readRuntimes = (place: Place) => readNamed(place, RUNTIMES, "runtime");
export const readServices = (place: Place) => readNamed(place, SERVICES, "service");

export function readEnv(place: Place): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value } of place.entries("names and values of variables")) {
    const text = value.isEmpty ? "" : value.text;
    if (!VARIABLE.test(name)) {
      value.wrong("this is no name of a variable; write letters, digits and _");
    } else if (name.startsWith("DEFERRED")) {
      value.wrong("names that begin with DEFERRED are taken; choose another");
    } else if (text === undefined || text.includes("\0")) {
      value.wrong("a variable's value is a text; write one, in quotes where it has several lines");
    } else env[name] = text;
  }
  return env;
}

export function readSecrets(place: Place): string[] {
  return place.list("names of the project's secrets").flatMap((entry) => {
    if (v.is(SecretNameSchema, entry.text)) return [entry.text];
    entry.wrong("this is no name of a secret; write capitals, digits and _, never the secret");
    return [];
  });
}

/** A path that stays below where it begins; without `./` and a last `/`. */
function inner(text: string | undefined): string | undefined {
  if (!isText(text) || text.startsWith("/") || text.length > 500) return undefined;
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? undefined : parts.join("/");
}

export function readCaches(place: Place): FileCache[] {
  return atMost(MAX_CACHES, place, place.list("a list of folders")).flatMap((entry) => {
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

export function readArtifacts(place: Place): string[] {
  return place.list("a list of files, folders or patterns").flatMap((entry) => {
    const path = inner(entry.text);
    if (path !== undefined) return [path];
    entry.wrong("an artifact is in the work tree; write its path without .. and not from /");
    return [];
  });
}

export function readSeconds(place: Place): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(place.text ?? "") ?? [];
  const factor = unit === "h" ? 3600 : unit === "m" || unit === "min" ? 60 : 1;
  const seconds = Number(digits) * factor;
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds;
  return place.wrong("this is no time up to a day; write 90s, 10m, 1h or a number of seconds");
}

export function readBranches(place: Place): string[] {
  return place.list("a list of branches").flatMap((entry) => {
    if (PATTERN.test(entry.text ?? "")) return [entry.text!];
    entry.wrong("this is no branch; write its name, where * stands for any characters");
    return [];
  });
}

export function readSchedule(place: Place) {
  return atMost(MOST_SCHEDULES, place, place.list("a list of cron lines")).flatMap((entry) => {
    const fields = entry.isMap
      ? entry.fields(["cron", "commands"], "cron, and commands where others are to run")
      : { cron: entry };
    const cron = fields.cron?.text?.trim() ?? "";
    const commands = fields.commands && readCommands(fields.commands);
    const wrong = whatIsWrongWith(cron);
    if (wrong === undefined) return [{ cron, commands }];
    (fields.cron ?? entry).wrong(
      `${wrong}; write five fields in UTC: minute, hour, day, month, weekday`,
    );
    return [];
  });
}

function whatIsWrongWith(cron: string): string | undefined {
  if (cron === "") return "it has no cron line";
  if (cron.length > CRON_CHARACTERS) return `it is over ${CRON_CHARACTERS} characters`;
  if (cron.startsWith("@")) return "words are not taken";
  try {
    const job = new Cron(cron, { mode: "5-part", paused: true, timezone: "UTC" });
    return job.nextRun() === null ? "this time never comes" : undefined;
  } catch (error) {
    return String(error).replace(/^.*?CronPattern: /, "");
  }
}

export function readServe(place: Place): FileServe | undefined {
  const fields = place.isMap
    ? place.fields(["command", "port", "ready", "timeout"], "the app's command")
    : { command: place };
  const command = fields.command?.text;
  if (!isText(command)) {
    return (fields.command ?? place).wrong(
      "it does not say what to start; write the app's command",
    );
  }
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
  return { command, port, ready, timeoutS };
}

export function readNetwork(place: Place): boolean {
  if (place.truth === undefined) place.wrong("it is neither; write true or false");
  return place.truth ?? true;
}

export function readHistory(place: Place): "full" | number | undefined {
  if (place.text === "full") return "full";
  const commits = Number(place.text);
  if (Number.isInteger(commits) && commits >= 1 && commits <= MOST_HISTORY) return commits;
  return place.wrong("this is no number of commits; write one, or full");
}
