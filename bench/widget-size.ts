import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Bench } from "./figure.ts";

export const widgetSize: Bench = {
  name: "widget-size",
  summary: "Everything a page loads for the widget, by gzip -9.",
  async run() {
    const file = join(import.meta.dirname, "../dist/widget/deferred-runner.js");
    const script = await readFile(file);
    const bytes = gzipSync(script, { level: 9 }).length;
    return [
      {
        name: "widget, all a page loads",
        measured: `${bytes} bytes gzip -9`,
        beside: `${script.length} bytes plain`,
        value: bytes / 1000,
        bound: 15,
        unit: " kB",
      },
    ];
  },
};
