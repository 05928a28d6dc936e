import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundledProgram } from "../process/bundled-program.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import type { TreeContext } from "./tree-context.ts";

const FILE = "churn.mjs";

/** The default of a project without a file: which of its files and functions change most. */
export async function runChurn({ job, command }: TreeContext): Promise<ProgramStatus> {
  const { packages, steps, workspace, inside, supervisor } = job;
  // Without ctags the report covers files only.
  if (packages !== undefined && !existsSync("/usr/bin/ctags")) {
    await steps.step("service", "Install ctags", () =>
      packages.install("ctags", supervisor.signal),
    );
  }
  writeFileSync(join(workspace.share, FILE), bundledProgram(FILE), { mode: 0o644 });
  return command("Churn report", [inside.node, join(inside.share, FILE)]);
}
