import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { storeFile } from "../server/http/compression/stored.ts";
import { inRoot } from "./root.mjs";

/**
 * Most bytes of what every page loads, as the server sends it in Brotli. Lower them with the sizes: the aim is 10,000
 * before a press, of which Lit has 5,000, and 18,000 for a plain run. The digests in the names of
 * the parts change what Brotli makes of the text that names them, by some 30 bytes.
 */
export const TOTAL_BOUNDS = {
  loader: 860,
  /** The loader, and the element near the screen. */
  "before a press": 10_790,
  /** That, and a run that prints text. */
  "a plain run": 19_330,
};

/** Most bytes of each part that is loaded only where it is needed; a new part needs a line here. */
const PART_BOUNDS: Record<string, number> = {
  "code-editor": 3_750,
  features: 2_020,
  /** Reads code from a gist or another address, with its words in all languages. */
  "fetch-code": 2_520,
  files: 1_700,
  /** Follows a run that takes longer, or whose stream breaks. */
  "follow-longer": 1_400,
  "inputs-form": 2_600,
  /** All that a run which prints text and succeeds does not show. */
  "other-states": 10_080,
  /** The line that an error names, and where paper ends. */
  "output-marks": 2_000,
  parts: 800,
  /** Waits between tries, which two parts share. */
  pause: 450,
  /** Copy, Wrap lines and Full screen, once a reader comes to them. */
  "result-actions": 460,
  "run-all": 1_290,
  "show-table": 2_200,
  "stored-results": 820,
  "tab-notice": 800,
  /** Readings of code that the page's own tools have changed. */
  "source-text": 3_300,
  "terminal-output": 4_200,
  // Languages, and the list of them, which pages in English do not load.
  "page-language": 760,
  de: 4_000,
  es: 4_000,
  fr: 4_000,
  ja: 4_000,
  zh: 4_000,
};

export interface WidgetSize {
  name: string;
  /** In Brotli. */
  bytes: number;
  bound: number;
}

/** Sizes of the built element: the totals, then each lazy part. Throws for a part without a bound. */
export async function widgetSizes(): Promise<WidgetSize[]> {
  const loader = await sentBytes("deferred-runner.js");
  const parts = new Map<string, number>();
  for (const file of await readdir(inRoot("dist/widget/v"))) {
    parts.set(file.replace(/-.{8}\.js$/, ""), await sentBytes(join("v", file)));
  }
  const { element = 0, run = 0, ...lazy } = Object.fromEntries(parts);
  const totals = {
    loader,
    "before a press": loader + element,
    "a plain run": loader + element + run,
  };
  return [
    ...Object.entries(totals).map(([name, bytes]) => ({
      name,
      bytes,
      bound: TOTAL_BOUNDS[name as keyof typeof totals],
    })),
    ...Object.entries(lazy).map(([name, bytes]) => {
      const bound = PART_BOUNDS[name];
      if (bound === undefined) throw new Error(`Part ${name} needs a bound in PART_BOUNDS.`);
      return { name, bytes, bound };
    }),
  ];
}

async function sentBytes(file: string): Promise<number> {
  const text = await readFile(inRoot("dist/widget", file), "utf8");
  // A newer loader may be at the address that an older part would ask.
  if (/["'`]\.\.\/deferred-runner\.js/.test(text)) throw new Error(`${file} imports the loader.`);
  return (await storeFile(text, "text/javascript", "").coded("br")).length;
}
