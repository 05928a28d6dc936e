const NAME = "deferred-runner-error";

const styled = new WeakSet<DocumentOrShadowRoot>();

/**
 * Marks a line of the author's code by the CSS Custom Highlight API, which changes nothing in the page's tree. `line` is
 * of the canonical code, from 1, and `isSigned` says whether a text is the signed code. Returns the range; undefined
 * where the page's text is not the code as it stands.
 */
export async function markLine(
  block: Element,
  line: number,
  isSigned: (text: string) => Promise<boolean>,
): Promise<Range | undefined> {
  const range = await rangeOfLine(block, line, isSigned);
  // Absent before Firefox 140 and Safari 17.2: the link still leads to the line.
  if (!range || !("highlights" in CSS)) return range;
  addStyle(block.getRootNode());
  const highlight = CSS.highlights.get(NAME) ?? new Highlight();
  CSS.highlights.set(NAME, highlight.add(range));
  return range;
}

export function unmarkLine(range: Range): void {
  if ("highlights" in CSS) CSS.highlights.get(NAME)?.delete(range);
}

/** Where a line of the canonical code is on the page: only in a plain reading are lines the text's own. */
async function rangeOfLine(
  block: Element,
  line: number,
  isSigned: (text: string) => Promise<boolean>,
): Promise<Range | undefined> {
  const codes = block.querySelectorAll("code");
  const holder = (codes.length === 1 ? codes[0] : block.querySelector("pre")) ?? block;
  const text = holder.textContent;
  if (!(await isSigned(text))) return undefined;
  const lines = text.split("\n");
  const first = lines.findIndex((one) => /[^ \t\r]/.test(one));
  const index = first + line - 1;
  const found = lines[index];
  if (found === undefined || !/\S/.test(found)) return undefined;
  const before = lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0);
  const range = document.createRange();
  range.setStart(...placeAt(holder, before + found.search(/\S/)));
  range.setEnd(...placeAt(holder, before + found.trimEnd().length));
  return range;
}

/** The text node at an offset of the element's text, and the offset in it. */
function placeAt(holder: Node, offset: number): [Node, number] {
  const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  let left = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { length } = node as Text;
    if (left <= length && (left < length || length > 0)) return [node, left];
    left -= length;
  }
  return [holder, 0];
}

/** The highlight is styled where the code is, which is the page, not the element's shadow. */
function addStyle(root: Node): void {
  if (!(root instanceof Document || root instanceof ShadowRoot) || styled.has(root)) return;
  styled.add(root);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    `::highlight(${NAME}) { background-color: color-mix(in srgb, #d5322d 24%, transparent); text-decoration: underline wavy #d5322d; }`,
  );
  root.adoptedStyleSheets.push(sheet);
}
