import { LineCounter, parseDocument } from "yaml";
import { readCommands } from "./commands.ts";
import {
  readArtifacts,
  readBranches,
  readCaches,
  readEnv,
  readHistoryDepth,
  readNetwork,
  readSeconds,
  readSecrets,
  readServe,
} from "./fields.ts";
import { FORM, KEYS, type Key } from "./keys.ts";
import { readMatrix } from "./matrix.ts";
import { readRuntimes, readServices } from "./named.ts";
import { aliasTargets, YamlNode, type YamlDocument } from "./yaml-node.ts";
import { plainCommands } from "./plain-lines.ts";
import type { FileCommand, ProjectFile } from "./project-file.ts";
import { refusal } from "./refuse.ts";
import { readSchedule } from "./schedule.ts";
import { explainYaml } from "./yaml-errors.ts";
import { mistakeInTokens } from "./yaml-tokens.ts";

const MAX_BYTES = 64 * 1024;
const NO_ALIAS = "* begins an alias in YAML, and nothing has its name; put the text into quotes";

/**
 * Parses a `.deferred-server`: YAML where a known key or `---` begins a line, else commands, one a line. Throws a
 * `CommandRefusal` of `file_invalid` that names every mistake as `Line N: key: what is wrong; what to write.` Its time
 * is bounded for any text.
 */
export function parseProjectFile(written: string): ProjectFile {
  if (Buffer.byteLength(written) > MAX_BYTES)
    throw refusal({ line: 1, text: "over 64 KiB; write less" });
  // Windows editors write a byte order mark and CRLF.
  const text = written.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
  const nul = text.indexOf("\0");
  if (nul !== -1) {
    const line = text.slice(0, nul).split("\n").length;
    throw refusal({ line, text: "it has a NUL, which no text has; save the file as UTF-8" });
  }
  const plain = plainCommands(text);
  return plain ? withDefaults({ commands: plain }) : parseYaml(text);
}

function parseYaml(text: string): ProjectFile {
  const mistake = mistakeInTokens(text);
  if (mistake) throw refusal(mistake);
  const lines = new LineCounter();
  // The readers check for duplicate keys: the library's check takes quadratic time.
  const options = { lineCounter: lines, uniqueKeys: false, prettyErrors: false } as const;
  const document = parseDocument(text, options);
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken) {
    // Later errors are mostly consequences of the first.
    const { line } = lines.linePos(broken.pos[0]);
    throw refusal({ line, text: explainYaml(broken.code) });
  }
  const { targets, lost } = aliasTargets(document);
  const page: YamlDocument = { text, document, lines, targets, mistakes: [] };
  for (const alias of lost) new YamlNode(page, alias, "", 1).wrong(NO_ALIAS);
  if (lost.length > 0) throw refusal(...page.mistakes);
  const file = readFile(page);
  if (page.mistakes.length > 0) throw refusal(...page.mistakes);
  return file;
}

function readFile(page: YamlDocument): ProjectFile {
  const whole = new YamlNode(page, page.document.contents, "", 1);
  const found = whole.isEmpty ? {} : whole.fields(KEYS, FORM);
  if (whole.isEmpty) whole.wrong(`the file is empty; write ${FORM}`);
  const at = <Value>(key: Key, read: (place: YamlNode) => Value) => {
    const place = found[key];
    return place && read(place);
  };
  return withDefaults({
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
    history: at("history", readHistoryDepth),
    matrix: at("matrix", readMatrix),
  });
}

function withDefaults(
  found: Partial<ProjectFile> & { commands: readonly FileCommand[] },
): ProjectFile {
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
    matrix: found.matrix ?? [],
  };
}
