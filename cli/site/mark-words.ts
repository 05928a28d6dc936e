import { UsageError } from "../errors/cli-error.ts";

/**
 * The words of a mark: blanks divide them, quotes keep blanks together (`title="Two words"`), and braces around all
 * of it, as some generators write attributes, do not count. Throws `UsageError` for a quote without its end.
 */
export function splitWords(mark: string): string[] {
  const text = mark.trim().replace(/^\{([^]*)\}$/, "$1");
  const words: string[] = [];
  let word = "";
  let quote = "";
  let isWord = false;
  for (const character of text) {
    if (quote === "" && /\s/.test(character)) {
      if (isWord) words.push(word);
      [word, isWord] = ["", false];
      continue;
    }
    isWord = true;
    if (quote === "" && /["']/.test(character)) quote = character;
    else if (character === quote) quote = "";
    else word += character;
  }
  if (quote !== "") throw new UsageError(`a quote (${quote}) has no end`);
  return isWord ? [...words, word] : words;
}

/** The word that makes a fence a block. */
const RUN = /^\.?run(=true)?$/;

/**
 * The words of a fence's info string after `run`; undefined if it has none. What stands before `run` is the
 * generator's: the language, lines to highlight. Never throws for a fence that is not marked.
 */
export function wordsAfterRun(info: string): string[] | undefined {
  if (!/(^|[\s{.])run(?=$|[\s}=])/.test(info)) return undefined;
  // Attribute lists stand in braces, the generator's own before them: `python {1,3} {.run cache=1h}`.
  const list = /\{([^{}]*(?<=[\s{.])run(?=[\s}=])[^]*)\}\s*$/.exec(info)?.[1];
  const words = splitWords(list ?? info);
  const at = words.findIndex((word) => RUN.test(word));
  return at === -1 ? undefined : words.slice(at + 1).filter((word) => !word.startsWith("."));
}
