import { wordsAfterRun } from "../cli/site/plugin.ts";
import { linesBefore } from "./site-of.ts";

/** Private-use characters that stand for braces and `<` while a template engine reads the page. */
const HIDDEN = { "{": "\uE07B", "}": "\uE07D", "<": "\uE03C" };
const SHOWN = new Map(Object.entries(HIDDEN).map(([plain, hidden]) => [hidden, plain]));

const FENCE = /^(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}|~{3,})([^]*)$/;

/**
 * Replaces the characters of a template's tags in fences with the word `run`. Throws where such a fence
 * contains the replacement already; `file` is for that message.
 */
export function hideBraces(markdown: string, file: string): string {
  const before = linesBefore(file, markdown);
  let fence: string | undefined;
  let isRun = false;
  const lines = markdown.split("\n").map((line, index) => {
    const [, ticks = "", rest = ""] = FENCE.exec(line) ?? [];
    if (fence === undefined) {
      if (ticks === "" || (ticks.startsWith("`") && rest.includes("`"))) return line;
      fence = ticks;
      isRun = isMarked(rest);
      return line;
    }
    if (ticks.startsWith(fence) && rest.trim() === "") {
      fence = undefined;
      return line;
    }
    if (!isRun) return line;
    if (/[\uE07B\uE07D\uE03C]/.test(line)) {
      throw new Error(
        `${file}:${before + index + 1}: U+E07B, U+E07D and U+E03C can't be in a block`,
      );
    }
    return line.replace(/[{}<]/g, (plain) => HIDDEN[plain as keyof typeof HIDDEN]);
  });
  return lines.join("\n");
}

function isMarked(info: string): boolean {
  try {
    return wordsAfterRun(info) !== undefined;
  } catch {
    return true; // A mistake in the mark is told where the fence is signed.
  }
}

/** The reverse. */
export function showBraces(text: string): string {
  return text.replace(/[\uE07B\uE07D\uE03C]/g, (hidden) => SHOWN.get(hidden) ?? hidden);
}
