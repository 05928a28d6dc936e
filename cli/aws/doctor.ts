import { doctor as findings } from "../../server/aws/doctor/doctor.ts";
import type { Finding } from "../../server/aws/doctor/finding.ts";
import { EXIT } from "../exit-codes.ts";
import type { Prepared } from "./prepare.ts";

const MARKS = { ok: "ok", warning: "warning", failed: "failed", skipped: "-" } as const;

export async function doctor({ args, target, clients }: Prepared): Promise<number> {
  const json = args.flag("json");
  const all: Finding[] = [];
  for await (const finding of findings(clients, target, Date.now)) {
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
