import type { Finding } from "../../server/operate/doctor/finding.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { print, printJson } from "../terminal/print.ts";

const MARKS = { ok: "ok", warning: "warning", failed: "failed", skipped: "-" } as const;

/** Prints findings as they come, and their counts at the end. Resolves with the exit code. */
export async function printFindings(
  findings: AsyncIterable<Finding>,
  json: boolean,
): Promise<number> {
  const all: Finding[] = [];
  for await (const finding of findings) {
    all.push(finding);
    if (json) continue;
    const { check, state, says, fix } = finding;
    print(`${MARKS[state].padEnd(7)}  ${check.padEnd(22)}  ${says}`);
    if (fix !== undefined) print(`${" ".repeat(33)}→ ${fix}`);
  }
  const count = (state: Finding["state"]) => all.filter((one) => one.state === state).length;
  const failed = count("failed");
  if (json) {
    printJson({ ok: failed === 0, findings: all }, 2);
  } else {
    const warnings = count("warning");
    print(
      "",
      `${failed} failed, ${warnings} ${warnings === 1 ? "warning" : "warnings"}, ${count("ok")} ok`,
    );
  }
  return failed > 0 ? EXIT.failed : EXIT.ok;
}
