import { readFileSync } from "node:fs";
import type { PluginOptions } from "./options.ts";
import { readInfo } from "./info-string.ts";
import { openSite, SiteError, type Site, type SitePage } from "../cli/site/plugin.ts";

/**
 * Generators make several instances of a plug-in, such as one for the docs and one for the blog. They share a
 * site, so that equal code gets one token.
 */
const opened = new Map<string, Site>();

/** The site of these options, opened once. */
export function siteOf(options: PluginOptions): Site {
  const key = JSON.stringify(options, Object.keys(options).toSorted());
  const site = opened.get(key) ?? openSite(options);
  opened.set(key, site);
  return site;
}

/** A fence with its token, as a generator shows it. */
export interface ShownFence {
  /** Of `<deferred-runner>`. */
  attributes: Record<string, string>;
  /** The `<output>` element, if an output was recorded. */
  outputHtml: string | undefined;
  /** For the highlighter, which knows nothing of marks. */
  language: string;
  meta: string;
}

/** Signs the fences of one Markdown file, in order. `text` is the part of it that the generator compiles. */
export function fenceSigner(options: PluginOptions, file: string | undefined, text: string) {
  const site = siteOf(options);
  const page: SitePage = site.openPage(file ?? "Markdown");
  const before = linesBefore(file, text);
  return {
    site,
    /** Undefined for a fence without the word `run`. Throws where it can't be signed. */
    sign(info: string, code: string, line: number): ShownFence | undefined {
      const signed = explained(() => page.signFence({ info, code, line: before + line }));
      if (!signed) return undefined;
      const { language, meta, mark } = readInfo(info);
      // `deferred sign site --record` reads the mark in the built page, where the language may be gone.
      const runtime = /(^|\s)runtime=/.test(mark) ? "" : `runtime=${signed.runtime}`;
      const words = [options.defaults, mark, runtime].filter((word) => word).join(" ");
      return {
        attributes: { ...signed.attributes, "data-deferred": words },
        outputHtml: signed.outputHtml,
        language,
        meta,
      };
    },
  };
}

/** Generators print a message alone, so the hint is put into it. */
export function refuseProblem(problem: SiteError["problem"] | undefined, cause?: unknown): void {
  if (!problem) return;
  const { file, line, message, hint } = problem;
  const advice = hint === undefined ? "" : `\nhint: ${hint}`;
  throw new Error(`${file}:${line}: ${message}${advice}`, { cause });
}

function explained<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof SiteError) refuseProblem(error.problem, error);
    throw error;
  }
}

/**
 * Lines of `file` that are not in `text`, which a generator took from its end: front matter. 0 where the file
 * can't be read.
 */
export function linesBefore(file: string | undefined, text: string): number {
  if (file === undefined) return 0;
  const count = (whole: string) => whole.trimEnd().split("\n").length;
  try {
    return Math.max(0, count(readFileSync(file, "utf8")) - count(text));
  } catch {
    return 0;
  }
}
