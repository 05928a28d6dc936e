import { isScalar, LineCounter, parseDocument } from "yaml";
import { CommandRefusal } from "../checkout/refusal.ts";
import {
  readArtifacts,
  readBranches,
  readCaches,
  readCommands,
  readEnv,
  readHistory,
  readNetwork,
  readRuntimes,
  readSchedule,
  readSeconds,
  readSecrets,
  readServe,
  readServices,
} from "./fields.ts";
import { Place, type Page } from "./place.ts";
import { plainCommands } from "./plain-lines.ts";
import type { FileCommand, ProjectFile } from "./project-file.ts";

const KEYS = [
  "commands",
  "runtimes",
  "services",
  "env",
  "secrets",
  "caches",
  "artifacts",
  "timeout",
  "branches",
  "schedule",
  "serve",
  "network",
  "history",
] as const;
const FORM = "keys such as commands:, or nothing but commands, one a line";
const MOST_BYTES = 64 * 1024;
/** What is left of a detail that may have 2,000 characters. */
const MOST_CHARACTERS = 1_800;

/**
 * Reads the text of a `.deferred-server`. Throws a `CommandRefusal` of `file_invalid` that names every mistake
 * as `Line N: key: what is wrong; what to write.`
 */
export function parseProjectFile(written: string): ProjectFile {
  // Editors of Windows begin a file with a mark and end its lines by two characters.
  const text = written.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw refusal([{ line: 1, text: "over 64 KiB; write less" }]);
  const plain = plainCommands(text);
  if (plain) return fileOf({ commands: plain });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) {
    // What comes after the first is mostly its consequence.
    const [what = ""] = broken.message.split(/ at line \d+/);
    const { line } = lines.linePos(broken.pos[0]);
    throw refusal([{ line, text: `this is not YAML: ${what}; ${hintFor(broken.code)}` }]);
  }
  const page: Page = { document, lines, mistakes: [] };
  const file = readFile(page);
  if (page.mistakes.length > 0) throw refusal(page.mistakes);
  return file;
}

function hintFor(code: string): string {
  if (code === "DUPLICATE_KEY") return "write each key once";
  return "put texts with : or # or quotes into quotes, and indent by blanks";
}

function readFile(page: Page): ProjectFile {
  const whole = new Place(page, page.document.contents, "", 1);
  if (isScalar(page.document.contents) && whole.text)
    return fileOf({ commands: readCommands(whole) });
  const found = whole.isEmpty ? {} : whole.fields(KEYS, FORM);
  if (whole.isEmpty) whole.wrong(`the file is empty; write ${FORM}`);
  const at = <Value>(key: (typeof KEYS)[number], read: (place: Place) => Value) => {
    const place = found[key];
    return place && read(place);
  };
  return fileOf({
    commands: at("commands", readCommands) ?? [],
    runtimes: at("runtimes", readRuntimes),
    services: at("services", readServices),
    env: at("env", readEnv),
    secrets: at("secrets", readSecrets),
    caches: at("caches", readCaches),
    artifacts: at("artifacts", readArtifacts),
    timeoutS: at("timeout", readSeconds),
    branches: at("branches", readBranches),
    schedule: at("schedule", readSchedule),
    serve: at("serve", readServe),
    network: at("network", readNetwork),
    history: at("history", readHistory),
  });
}

function fileOf(found: Partial<ProjectFile> & { commands: FileCommand[] }): ProjectFile {
  return {
    commands: found.commands,
    runtimes: found.runtimes ?? [],
    services: found.services ?? [],
    env: found.env ?? {},
    secrets: found.secrets ?? [],
    caches: found.caches ?? [],
    artifacts: found.artifacts ?? [],
    timeoutS: found.timeoutS,
    branches: found.branches,
    schedule: found.schedule ?? [],
    serve: found.serve,
    network: found.network ?? true,
    history: found.history,
  };
}

function refusal(mistakes: Page["mistakes"]): CommandRefusal {
  const sorted = mistakes.toSorted((a, b) => a.line - b.line);
  const shown: string[] = [];
  let characters = 0;
  for (const { line, text } of sorted) {
    const said = `Line ${line}: ${text}.`;
    characters += said.length + 1;
    if (characters > MOST_CHARACTERS) break;
    shown.push(said);
  }
  const left = sorted.length - shown.length;
  if (left > 0) shown.push(`And ${left} more.`);
  return new CommandRefusal("file_invalid", shown.join("\n"));
}
