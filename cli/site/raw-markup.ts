import type { Element } from "../page/element.ts";
import { UsageError } from "../errors/cli-error.ts";

/** Highlighters never use these without an attribute; an author who forgot to escape code does. */
const TEXT_LIKE = "a b i u s p h1 h2 h3 html head body script style form table img input".split(
  " ",
);
const WITHOUT_END = new Set("br img input wbr hr li p td th tr tbody".split(" "));

/**
 * Notes on markup in code that may be meant as text: `<b>` instead of `&lt;b>`. Throws `UsageError` for an element
 * without its end, which would go on behind the code.
 */
export function checkRawMarkup(code: Element): string[] {
  const notes: string[] = [];
  for (const [name, found] of Map.groupBy(elementsIn(code), ({ tagName }) => tagName)) {
    const open = found.find(
      ({ sourceCodeLocation }) => sourceCodeLocation && !sourceCodeLocation.endTag,
    );
    if (open && !WITHOUT_END.has(name)) {
      throw new UsageError(`<${name}> in the code has no end: write &lt;${name}> if it is text`);
    }
    if (TEXT_LIKE.includes(name) && found.some(({ attrs }) => attrs.length === 0)) {
      notes.push(`<${name}> in the code is markup, no text: write &lt;${name}> if it is code`);
    }
  }
  return notes;
}

/** All elements but those of recorded output. */
function elementsIn(code: Element): Element[] {
  const found: Element[] = [];
  const rest = [...code.childNodes];
  for (let node = rest.pop(); node; node = rest.pop()) {
    if (!("tagName" in node) || node.tagName === "output") continue;
    found.push(node);
    rest.push(...node.childNodes);
  }
  return found;
}
