import { escapeHtml, escapeText } from "../../protocol/escape-html.ts";
import type { Recorded } from "./lock-file.ts";

/** Marks an `<output>` that may be replaced; other ones are the author's. */
export const RECORDED_ATTRIBUTE = "data-recorded";

/** Recorded output as readers without scripts, feeds and prints show it. `language` is the page's. */
export function recordedHtml({ at, text, pictures = [] }: Recorded, language: string): string {
  const shown = text.replace(/\n$/, "");
  return [
    `<output ${RECORDED_ATTRIBUTE}><time datetime="${escapeHtml(at)}">${dateIn(language, at)}</time>`,
    ...(shown === "" ? [] : [`<pre>${escapeText(startingWithLineEnd(shown))}</pre>`]),
    ...pictures.map(
      ({ name, type, base64 }) =>
        `<p><img src="data:${type};base64,${base64}" alt="${escapeHtml(name)}"></p>`,
    ),
    "</output>",
  ].join("");
}

/** A parser drops a line end right after `<pre>`. */
function startingWithLineEnd(text: string): string {
  return text.startsWith("\n") ? `\n${text}` : text;
}

function dateIn(language: string, at: string): string {
  const format = { dateStyle: "long", timeZone: "UTC" } as const;
  const known = Intl.DateTimeFormat.supportedLocalesOf(wellFormed(language));
  return new Date(at).toLocaleDateString(known[0] ?? "en-GB", format);
}

function wellFormed(language: string): string[] {
  try {
    return Intl.getCanonicalLocales(language);
  } catch {
    return []; // The page's lang is no language.
  }
}
