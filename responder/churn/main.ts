import { mkdirSync, writeFileSync } from "node:fs";
import { churnReport } from "./report.ts";

// The default command of a project without a .deferred-server file: `node churn.mjs` in its work tree.

try {
  const report = await churnReport({
    folder: process.cwd(),
    signal: new AbortController().signal,
  });
  mkdirSync("artifacts", { recursive: true });
  writeFileSync("artifacts/churn.html", report.html);
  writeFileSync("artifacts/churn.json", report.json);
  process.stdout.write(report.text);
} catch (error) {
  process.stderr.write(`The churn report was not made. ${(error as Error).message}\n`);
  process.exitCode = 1;
}
