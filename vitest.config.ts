import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";
import { scriptedServer } from "./test/widget/scripted-server.ts";

const chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));

const END_TO_END = "test/e2e/**/*.test.ts";

/** What is never to come fails a test; what is late on a busy machine does not. */
const PATIENT = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 30_000 } },
};

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line.ts"],
    sequence: { sequencer: LongestFirst },
    // Most files wait for processes and machines more than they compute.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/widget/**/*.browser.test.ts", END_TO_END],
          ...PATIENT,
        },
      },
      {
        test: {
          name: "e2e",
          include: [END_TO_END],
          // One race must not cost a whole CI run; the closing lines list each such test under `flaked:`.
          retry: process.env["CI"] === "true" ? 1 : 0,
          ...PATIENT,
        },
      },
      {
        plugins: [scriptedServer()],
        optimizeDeps: { include: ["lit", "lit/directives/keyed.js", "axe-core"] },
        test: {
          name: "browser",
          include: ["test/widget/**/*.browser.test.ts"],
          setupFiles: "./test/widget/patient.ts",
          ...PATIENT,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: "chromium" }],
            provider: playwright({
              launchOptions: {
                executablePath: process.env["CHROMIUM"] ?? chromium,
                args: ["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
              },
            }),
          },
        },
      },
    ],
  },
});
