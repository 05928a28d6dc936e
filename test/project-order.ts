import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take longest run first, so that the suite ends with many short files that keep every worker busy. A
 * worker is also reused only while the next file in the queue is of the same project.
 */
const ORDER = ["machines", "e2e", "system", "waiting", "unit"];

/** Unit tests that wait for 10 s and compute little: as the last of all, one would keep the suite waiting alone. */
const WAITING = ["test/server/http/bodies/rate.test.ts", "test/server/operate/disk-faults.test.ts"];

export class ProjectOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}

function rankOf({ project, moduleId }: TestSpecification): number {
  const bootsMachines = project.name === "e2e" && basename(moduleId).startsWith("machine-");
  const waits = WAITING.some((file) => moduleId.endsWith(`/${file}`));
  return ORDER.indexOf(bootsMachines ? "machines" : waits ? "waiting" : project.name);
}
