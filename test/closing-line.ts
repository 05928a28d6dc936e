import type {
  Reporter,
  SerializedError,
  TestCase,
  TestModule,
  TestSuite,
  Vitest,
} from "vitest/node";
import { openSuiteFolder } from "./suite-folder.ts";

/** A test that has been under way for so long is named, over and over: a run that hangs may be killed any time. */
const LONG_MS = 90_000;

/**
 * Prints `N passed, N failed` as the very last line, in every case: a script that reads the suite's
 * output needs one plain line, also when a file failed before it had any test, or the run was ended.
 */
export default class ClosingLine implements Reporter {
  #count = { passed: 0, failed: 0, skipped: 0 };
  /** Tests that failed once and passed when they were run again, with the first line of each failure. */
  #flaked: string[] = [];
  /** Tests that this machine can't run, each with its reason. */
  #skipped: string[] = [];
  #isFiltered = false;
  readonly #underWay = new Map<string, { name: string; since: number }>();

  onInit({ config }: Vitest): void {
    this.#isFiltered = config.testNamePattern !== undefined;
    const folder = openSuiteFolder();
    setInterval(() => this.#tellUnderWay(LONG_MS), LONG_MS / 3).unref();
    for (const [signal, code] of [
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const) {
      process.once(signal, () => {
        this.#tellUnderWay(0);
        this.#count.failed ||= 1;
        process.exit(code);
      });
    }
    process.once("exit", () => {
      if (process.env["CHECK_FAILED"]) {
        process.stdout.write("npm run check failed: its output is above the tests\n");
        this.#count.failed++;
        process.exitCode ||= 1;
      }
      const left = folder.close();
      if (left.length > 0) {
        process.stdout.write(`The suite left behind:\n${left.map((one) => `  ${one}\n`).join("")}`);
        this.#count.failed++;
        process.exitCode ||= 1;
      }
      if (this.#skipped.length > 0 && !this.#isFiltered) {
        process.stdout.write(`skipped:\n${this.#skipped.join("")}`);
      }
      if (this.#flaked.length > 0) process.stdout.write(`flaked:\n${this.#flaked.join("")}`);
      const { passed, failed, skipped } = this.#count;
      const more = skipped > 0 ? `, ${skipped} skipped` : "";
      process.stdout.write(`${passed} passed, ${failed} failed${more}\n`);
    });
  }

  onTestCaseReady(test: TestCase): void {
    this.#underWay.set(test.id, { name: nameOf(test), since: performance.now() });
  }

  onTestCaseResult(test: TestCase): void {
    this.#underWay.delete(test.id);
    this.#add(test);
  }

  /** Under load a test's beginning may be told after its end. */
  onTestModuleEnd(module: TestModule): void {
    for (const test of module.children.allTests()) this.#underWay.delete(test.id);
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    this.#count = { passed: 0, failed: errors.length, skipped: 0 };
    this.#flaked = [];
    this.#skipped = [];
    for (const module of modules) {
      const before = this.#count.failed;
      for (const test of module.children.allTests()) this.#add(test);
      // A file that fails outside its tests (at import, in a hook) leaves them skipped, not failed.
      if (module.state() === "failed" && this.#count.failed === before) this.#count.failed++;
    }
  }

  #add(test: TestCase): void {
    const { state, errors } = test.result();
    this.#count[state === "pending" ? "skipped" : state]++;
    if (state === "skipped") this.#skipped.push(`  ${nameOf(test)}: ${reasonOf(test)}\n`);
    if (!test.diagnostic()?.flaky) return;
    const [reason = ""] = errors?.[0]?.message.split("\n") ?? [];
    this.#flaked.push(`  ${nameOf(test)}: ${reason}\n`);
  }

  #tellUnderWay(longerMs: number): void {
    for (const { name, since } of this.#underWay.values()) {
      const ms = performance.now() - since;
      if (ms < longerMs) continue;
      process.stdout.write(`under way for ${Math.round(ms / 1000)} s: ${name}\n`);
    }
  }
}

function nameOf({ fullName, module }: TestCase): string {
  return `${module.relativeModuleId} > ${fullName}`;
}

/** Why a test is skipped: as `needs` in its options says, or those of a group that it is in. */
function reasonOf(test: TestCase): string {
  for (let at: TestCase | TestSuite | TestModule = test; at.type !== "module"; at = at.parent) {
    const { skipped } = at.meta();
    if (skipped !== undefined) return skipped;
  }
  const result = test.result();
  return (result.state === "skipped" && result.note) || "its file failed, or it gives no reason";
}
