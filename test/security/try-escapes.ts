import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { BOMBS } from "./bombs.ts";
import { ESCAPES } from "./escapes.ts";
import { TREE_ESCAPE } from "./tree-escape.ts";
import type { EscapesReport } from "./run-escapes.ts";

const NOBODY = 65_534;
const run = promisify(execFile);

/** All attempts, with what holds each. */
export const ATTEMPTS = [...ESCAPES, ...BOMBS, TREE_ESCAPE].map(({ name, held }) => ({
  name,
  held,
}));
/** Those that work outside of a sandbox. */
export const REAL = ESCAPES.filter(({ worksOutside }) => worksOutside).map(({ name }) => name);

/** Tries every escape in the sandboxes of a responder that is root, or nobody. */
export async function tryEscapes(as: "root" | "nobody"): Promise<EscapesReport> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "run-escapes.ts")], {
    cwd: "/",
    // Tokens of the responder's, which none of its programs may find.
    env: { PATH: "/usr/bin:/bin", ESCAPE_MARKER: `marker-${process.pid}`, DEFERRED_TOKEN: "x" },
    maxBuffer: 2 ** 24,
    ...(as === "nobody" ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  return JSON.parse(stdout) as EscapesReport;
}

/** Whether we may become nobody, and nobody may read the checkout. */
export async function canBeNobody(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const file = join(import.meta.dirname, "../../setup/root.mjs");
  const reading = run(process.execPath, [file], { uid: NOBODY, gid: NOBODY, cwd: "/" });
  return reading.then(
    () => true,
    () => false,
  );
}

/** What got out, as lines; none is what is wanted. */
export function escapesIn(report: EscapesReport): string[] {
  const { blocks, commands } = report;
  return ATTEMPTS.flatMap(({ name }) =>
    Object.entries({ blocks, commands })
      .filter(([, outcomes]) => outcomes[name] !== null)
      .map(([kind, outcomes]) => `${kind}: ${name}: ${JSON.stringify(outcomes[name])}`),
  );
}
