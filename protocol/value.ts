/** Most bytes of `value.json`. */
export const MAX_VALUE_BYTES = 64 * 1024;
/** Most levels of arrays and objects in it: programs that read results may recurse. */
const MAX_VALUE_DEPTH = 100;

/** A value that a program left, or a sentence that says why its file is none. */
export type ParsedValue = { value: unknown; problem?: undefined } | { problem: string };

/** Parses the text of `value.json`. */
export function parseValue(text: string): ParsedValue {
  if (depthOf(text) > MAX_VALUE_DEPTH) {
    return { problem: `value.json is nested deeper than ${MAX_VALUE_DEPTH} levels.` };
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const detail = error instanceof Error ? error.message.slice(0, 200) : String(error);
    return { problem: `value.json is not JSON: ${detail}` };
  }
}

/** Levels of brackets outside strings, without recursion. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    else if (token === "]" || token === "}") depth--;
  }
  return deepest;
}
