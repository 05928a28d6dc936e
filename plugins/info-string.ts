/** A fence's info string, divided between the generator and us. */
interface InfoString {
  language: string;
  /** The generator's words after the language: lines to highlight, a title. */
  meta: string;
  /** The mark of a block, without the word `run`. */
  mark: string;
}

/** Reads the info string of a fence that has the word `run`. */
export function readInfo(info: string): InfoString {
  const list = /\{(?=[^{}]*(?<=[\s{.])run(?=[\s}=]))([^]*)\}\s*$/.exec(info);
  const [, before = "", mark = ""] = divide(list?.[1] ?? info);
  const own = list ? info.slice(0, list.index) : before;
  const [, language = "", meta = ""] = /^\s*(\S*)\s*([^]*?)\s*$/.exec(own) ?? [];
  const named = list && /^\s*\.([^\s.]+)/.exec(before)?.[1];
  return { language: language || (named ?? ""), meta, mark: mark.trim() };
}

/** At the first `run` that stands in no quotes, such as those of a title. */
function divide(words: string): readonly string[] {
  const parts = /^((?:[^"']|"[^"]*"|'[^']*')*?)(?:^|\s|\.)\.?run(?:=true)?(?:$|\s([^]*))$/.exec(
    words,
  );
  return parts ?? ["", words];
}
