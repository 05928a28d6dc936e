import type { Reporter, TestModule, SerializedError } from "vitest/node";

/**
 * Prints `N passed, N failed` as the very last line, in every case: a script that reads the suite's
 * output needs one plain line, also when a file failed before it had any test.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const before = count.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === "pending" ? "skipped" : state]++;
      }
      // A file that fails outside its tests (at import, in a hook) leaves them skipped, not failed.
      if (module.state() === "failed" && count.failed === before) count.failed++;
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
    process.once("exit", () => {
      process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
    });
  }
}
