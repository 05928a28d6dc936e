import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM, CHROMIUM_ARGS } from "./test/chromium.ts";
import { ProjectOrder } from "./test/project-order.ts";
import { scriptedServer } from "./test/widget/scripted-server.ts";

/** Fails a test that waits for something that never comes, and not one on a busy machine. */
const PATIENT = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 30_000 } },
};

/** Tests of real processes: sandboxes, browsers, site generators, git servers, object stores, servers that are killed. */
const SYSTEM = [
  ...["cli", "contract", "faults", "responder", "security", "services"].map(
    (folder) => `test/${folder}/**/*.test.ts`,
  ),
  "test/closing-line.test.ts",
  "test/packaging.test.ts",
  "test/plugins/eleventy.test.ts",
  "test/plugins/hugo-jekyll.test.ts",
  "test/server/pages/accessibility.test.ts",
  "test/server/pages/account/passkeys.test.ts",
  "test/server/pages/gallery.test.ts",
];

const BROWSER = "test/widget/**/*.browser.test.ts";

/** One process serves many files: importing the server costs each file 0.7 s of CPU. */
const IN_NODE = { isolate: false, unstubEnvs: true, ...PATIENT };
const WITH_PROCESSES = { globalSetup: "./test/build.ts", ...IN_NODE };

/** One race must not cost a whole CI run; the closing lines list each such test under `flaked:`. */
const retry = process.env["CI"] === "true" ? 1 : 0;

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line.ts"],
    sequence: { sequencer: ProjectOrder },
    // Most files wait for processes and machines more than they compute.
    maxWorkers: availableParallelism() + 3,
    projects: [
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], retry, ...WITH_PROCESSES } },
      { test: { name: "system", include: SYSTEM, ...WITH_PROCESSES } },
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/generators/**", BROWSER, ...SYSTEM],
          ...IN_NODE,
        },
      },
      {
        plugins: [scriptedServer()],
        optimizeDeps: {
          include: [
            "lit",
            "lit/directives/keyed.js",
            "axe-core",
            "react",
            "react-dom/client",
            "vue",
          ],
        },
        test: {
          name: "browser",
          include: [BROWSER],
          setupFiles: "./test/widget/patient.ts",
          ...PATIENT,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: "chromium" }],
            provider: playwright({
              launchOptions: {
                executablePath: CHROMIUM,
                args: [...CHROMIUM_ARGS],
              },
            }),
          },
        },
      },
    ],
  },
});
