import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Bench } from "./figure.ts";

export const widgetSize: Bench = {
  name: "widget-size",
  summary: "Everything a page loads for the element before a press, by gzip -9.",
  async run() {
    const file = join(import.meta.dirname, "../dist/widget/deferred-runner.js");
    const script = await readFile(file);
    const bytes = gzipSync(script, { level: 9 }).length;
    return [
      {
        name: "element, before a press",
        measured: `${bytes} bytes gzip -9`,
        // Measured the same way, November 2026.
        beside: "codapi-js 6,391; klipse 180,014; Sandpack about 280,000; thebe 396,777",
        value: bytes / 1000,
        bound: 20,
        unit: " kB",
      },
    ];
  },
};
