import type { Finding } from "../server/aws/doctor/finding.ts";
import { EXIT } from "./exit-codes.ts";

const MARKS = { ok: "ok", warning: "warning", failed: "failed", skipped: "-" } as const;

/** Prints findings as they come, and at the end how many there were; answers the exit code. */
export async function printFindings(
  findings: AsyncIterable<Finding>,
  json: boolean,
): Promise<number> {
  const all: Finding[] = [];
  for await (const finding of findings) {
    all.push(finding);
    if (json) continue;
    const { check, state, says, fix } = finding;
    process.stdout.write(`${MARKS[state].padEnd(7)}  ${check.padEnd(22)}  ${says}\n`);
    if (fix !== undefined) process.stdout.write(`${" ".repeat(33)}→ ${fix}\n`);
  }
  const count = (state: Finding["state"]) => all.filter((one) => one.state === state).length;
  const failed = count("failed");
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: failed === 0, findings: all }, null, 2)}\n`);
  } else {
    const warnings = count("warning");
    process.stdout.write(`\n${failed} failed, ${warnings} to look at, ${count("ok")} well\n`);
  }
  return failed > 0 ? EXIT.failed : EXIT.ok;
}
