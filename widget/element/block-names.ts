import { shownClaims } from "./claims.ts";

/** A host of a block, as its name needs it. */
interface NamedBlock extends Element {
  block: string;
  label: string;
}

const HEADINGS = "h1,h2,h3,h4,h5,h6";

let names: Map<Element, string> | undefined;

/**
 * Returns what tells the block of `host` from the others of its page: its label, else its title, else the heading
 * before it, else its first line of code. One heading names one block. Empty: it has none of them.
 */
export function blockName(host: NamedBlock): string {
  // One pass names all blocks of the page; they draw themselves in the same task.
  if (!names?.has(host)) {
    names = namesIn(host);
    queueMicrotask(() => (names = undefined));
  }
  return names.get(host) ?? "";
}

function namesIn(host: NamedBlock): Map<Element, string> {
  const found = new Map<Element, string>();
  const times: Record<string, number> = {};
  let heading = "";
  const root = host.getRootNode() as ParentNode;
  for (const element of root.querySelectorAll<NamedBlock>(`${HEADINGS},${host.localName}`)) {
    if (element.localName !== host.localName) heading = textOf(element);
    else {
      const own = element.label || element.ariaLabel || shownClaims(element.block ?? "").title;
      const name = own || heading || firstLine(element);
      if (!own) heading = "";
      const time = (times[name] = (times[name] ?? 0) + 1);
      found.set(element, name && time > 1 ? `${name} (${time})` : name);
    }
  }
  return found;
}

/** Longer lines are cut to 60 characters. */
function firstLine(block: Element): string {
  const code = block.querySelector("code,pre") ?? block;
  const [line = ""] = /\S.*/.exec(code.textContent) ?? [];
  return line.trim().replace(/^(.{59})..+/, "$1…");
}

/** Without the sign of a link to the heading, which many sites add to its end. */
function textOf(heading: Element): string {
  return heading.textContent
    .replace(/[#¶§\s]+$/, "")
    .replace(/\s+/g, " ")
    .trim();
}
