import { extname } from "node:path";
import * as v from "valibot";
import { RuntimeSchema } from "../../protocol/claims.ts";
import { nearest } from "../../protocol/nearest.ts";
import { paths } from "../../protocol/paths.ts";
import { RuntimesAnswerSchema } from "../../protocol/responder.ts";
import {
  parseRuntime,
  RUNTIME_FACTS,
  RUNTIMES,
  servesRuntime,
  type FoundRuntime,
  type RuntimeName,
} from "../../protocol/runtimes.ts";
import { call } from "../api/call.ts";

const TIMEOUT_MS = 5_000;

/** The runtime of a file, by its extension, else by its shebang. */
export function guessRuntime(name: string, source: string): RuntimeName | undefined {
  const shebang = /^#!\s*(\S+)(?:\s+(?:-S\s+)?(\S+))?/.exec(source);
  const [, path = "", argument = ""] = shebang ?? [];
  const program = path.split("/").at(-1) === "env" ? argument : path.split("/").at(-1)!;
  const extension = extname(name).toLowerCase();
  const interpreter = program.replace(/[\d.]+$/, "");
  return (
    RUNTIMES.find((runtime) => RUNTIME_FACTS[runtime].extensions.includes(extension)) ??
    RUNTIMES.find((runtime) => RUNTIME_FACTS[runtime].shebangs.includes(interpreter))
  );
}

/** Why a runtime is refused; undefined: it is not. */
export function wrongRuntime(runtime: string): string | undefined {
  const { name } = parseRuntime(runtime);
  if (!RUNTIMES.some((known) => known === name)) {
    return `there is no runtime "${name}"; write ${nearest(name, RUNTIMES) ?? RUNTIME_NAMES}`;
  }
  if (v.safeParse(RuntimeSchema, runtime).success) return undefined;
  return `"${runtime}" is not of the form name or name@version, such as python@3.11`;
}

/** Warns of a version that none of the server's machines has, as far as they are known. */
export async function versionNotes(serverUrl: string, runtime: string): Promise<string[]> {
  const { name, version } = parseRuntime(runtime);
  if (version === undefined) return [];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const asked = call(serverUrl + paths.runtimes, RuntimesAnswerSchema, { signal });
  // Signing needs no server.
  const { runtimes } = await asked.catch(() => ({ runtimes: [] as FoundRuntime[] }));
  const there = runtimes.filter((found) => found.name === name);
  if (there.length === 0 || there.some((found) => servesRuntime(found, runtime))) return [];
  const versions = there.map((found) => found.version).join(", ");
  return [`machines of ${serverUrl} have ${name} ${versions}: a run waits for one with ${version}`];
}

export const RUNTIME_NAMES = RUNTIMES.join(", ");
