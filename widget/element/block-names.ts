import { shownClaims } from "./claims.ts";

/** A host of a block, as its name needs it. */
interface NamedBlock extends Element {
  block: string;
  label: string;
}

const HEADINGS = "h1,h2,h3,h4,h5,h6";
/** Longer first lines of code are cut. */
const MOST_CHARACTERS = 60;

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
  const times = new Map<string, number>();
  const root = host.getRootNode() as ParentNode;
  let heading = "";
  for (const element of root.querySelectorAll(`${HEADINGS},${host.localName}`)) {
    if (element.localName !== host.localName) {
      heading = textOf(element);
      continue;
    }
    const block = element as NamedBlock;
    const own = block.label || block.ariaLabel || shownClaims(block.block ?? "").title;
    const name = own || heading || firstLine(block);
    if (!own) heading = "";
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    found.set(block, time > 1 && name !== "" ? `${name} (${time})` : name);
  }
  return found;
}

function firstLine(block: Element): string {
  const code = block.querySelector("code,pre") ?? block;
  const line = /\S.*/.exec(code.textContent ?? "")?.[0].trim() ?? "";
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
}

function textOf(heading: Element): string {
  return (heading.textContent ?? "")
    .replace(/\s+/g, " ")
    .replace(/[#¶§]+\s*$/, "")
    .trim();
}
