import type { Reporter, TestModule, SerializedError } from "vitest/node";

/**
 * Prints `N passed, N failed` as the very last line, in every case: a script that reads the suite's
 * output needs one plain line, also when a file failed before it had any test.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        count[state === "pending" ? "skipped" : state]++;
      }
      if (tests === 0 && module.state() === "failed") count.failed++;
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
    process.once("exit", () => {
      process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
    });
  }
}
