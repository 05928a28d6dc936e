/**
 * A page's node, common to browsers and HTML parsers: text, or an element with the fields that reading code
 * needs.
 */
type PageNode = string | PageElement;
export interface PageElement {
  /** In lower case. */
  readonly name: string;
  readonly attribute: (name: string) => string | null | undefined;
  readonly children: readonly PageNode[];
}

/** One way to read the text of a page. */
export interface TextReading {
  /** Parts to leave out: nothing; controls and hidden elements; line numbers as well. */
  drop: "nothing" | "controls" | "numbers";
  /**
   * Where lines end: only at line ends; also at `br` and block elements; `loose` ignores the source's line
   * ends where both exist; `children` makes each child of the innermost container a line.
   */
  lines: "text" | "blocks" | "loose" | "children";
}

/** All readings, the least invasive first. */
export const READINGS: readonly TextReading[] = (
  ["text", "blocks", "loose", "children"] as const
).flatMap((lines) =>
  (["nothing", "controls", "numbers"] as const).map((drop) => ({ drop, lines })),
);

/** The text of `holder` by one reading. */
export function readText(holder: PageElement, { drop, lines }: TextReading): string {
  const container = lines === "children" ? innermost(holder) : undefined;
  let text = "";
  /**
   * Whether the last line of `text` is empty. Tracked here, because reading it from the text would copy it
   * each time.
   */
  let empty = true;
  /** A line has ended and its line end is not written yet: the page's own may follow. */
  let ended = false;
  let nextNumber: number | undefined;
  walk(holder);
  return text;

  function write(more: string): void {
    if (more === "") return;
    if (ended && !more.startsWith("\n")) text += "\n";
    ended = false;
    text += more;
    empty = more.endsWith("\n");
  }

  function beginLine(): void {
    if (ended || !empty) text += "\n";
    ended = false;
    empty = true;
  }

  function walk(element: PageElement): void {
    const isLine = (node: PageElement) => element === container || isBlock(node);
    const elements = element.children.filter((child) => typeof child !== "string");
    // The first of two elements may be a line number, which is no part of the code.
    const cell = elements.length === 2 ? elements[0] : undefined;
    const apart =
      lines !== "text" &&
      (HOLDS_NO_TEXT.has(element.name) || (lines !== "blocks" && elements.some(isLine)));
    for (const child of element.children) {
      if (typeof child === "string") {
        // Between line elements, blanks are the indentation of the page's source.
        if (!apart || /\S/.test(child)) write(child);
      } else if (lines === "text" || !isLine(child)) {
        visit(child);
      } else if (!isDropped(child, child !== cell)) {
        beginLine();
        const start = text.length;
        walk(child);
        if (text.length === start || !empty) ended = true;
      }
    }
  }

  function visit(element: PageElement): void {
    const mail = hiddenMail(element);
    if (mail !== undefined) return write(mail);
    if (element.name === "br" && lines !== "text") {
      if (lines === "blocks") return write("\n");
      if (ended) text += "\n";
      ended = true;
      return;
    }
    if (!isDropped(element, false)) walk(element);
  }

  function isDropped(element: PageElement, isLine: boolean): boolean {
    if (drop === "nothing") return false;
    if (isControl(element)) return true;
    if (drop !== "numbers" || isLine) return false;
    if (!ended && !empty) return false;
    const number = /^\s*(\d{1,6})\s*[^\w\s]?\s*$/.exec(shortText(element))?.[1];
    if (number === undefined || Number(number) !== (nextNumber ?? Number(number))) return false;
    nextNumber = Number(number) + 1;
    return true;
  }
}

/** All text in `element`, as `textContent` is. */
export function textOf(element: PageElement): string {
  return element.children
    .map((child) => (typeof child === "string" ? child : textOf(child)))
    .join("");
}

/** The same, where it is short enough for a line number; otherwise other text. */
function shortText(element: PageElement, most = 16): string {
  let text = "";
  for (const child of element.children) {
    text += typeof child === "string" ? child : shortText(child, most - text.length);
    if (text.length > most) return "…";
  }
  return text;
}

/** The number of nodes in `element`. */
export function nodesIn({ children }: PageElement): number {
  return children.reduce((sum, child) => sum + (typeof child === "string" ? 1 : nodesIn(child)), 1);
}

/** Elements that hold text only in their children. */
const HOLDS_NO_TEXT = new Set(["table", "thead", "tbody", "tfoot", "tr", "ol", "ul", "dl"]);

const BLOCKS = new Set(
  "dd div dl dt figure h1 h2 h3 h4 li ol p pre section table tr ul".split(" "),
);

/**
 * Whether the element is a line of its own, by its name, its style, or a class such as `line` or
 * `token-line`.
 */
function isBlock(element: PageElement): boolean {
  return (
    BLOCKS.has(element.name) ||
    /(^|;)\s*display\s*:\s*(block|flex|grid|table|table-row|list-item)\b/i.test(
      element.attribute("style") ?? "",
    ) ||
    classesOf(element).some((name) => /(^|[-_])line$|[a-z]Line(_|$)/.test(name))
  );
}

/** Descends through elements that hold one element and nothing else. */
function innermost(element: PageElement): PageElement {
  const children = element.children.filter(
    (child) => typeof child !== "string" || /\S/.test(child),
  );
  const [only] = children;
  return children.length === 1 && only !== undefined && typeof only !== "string"
    ? innermost(only)
    : element;
}

const CONTROLS = new Set(
  "button dialog input noscript script select style summary svg template textarea".split(" "),
);
/**
 * Classes that site tools add to code; those of line numbers only where the element holds nothing but
 * digits.
 */
const ADDED =
  /copy|copied|clipboard|toolbar|tooltip|sr-only|visually-hidden|screen-reader|headerlink/i;
const NUMBERS = /^(ln|lnt|lno)$|line-?_?no|line-?_?num|gutter|blob-num|hljs-ln-n|rouge-gutter/i;

/** Whether the element is a control or hidden from readers, and so no text of the page's author. */
function isControl(element: PageElement): boolean {
  if (CONTROLS.has(element.name)) return true;
  const classes = classesOf(element);
  const said =
    element.attribute("aria-hidden") === "true" ||
    element.attribute("hidden") != null ||
    /^(button|toolbar|tooltip)$/.test(element.attribute("role") ?? "") ||
    /user-select\s*:\s*none|display\s*:\s*none/i.test(element.attribute("style") ?? "") ||
    (classes.some((name) => NUMBERS.test(name)) && /^[\s\d.:|)]*$/.test(textOf(element))) ||
    (classes.some((name) => ADDED.test(name)) && !/\S\s*\n\s*\S|.{40}/.test(textOf(element)));
  return said && !holdsCode(element);
}

function holdsCode({ name, children }: PageElement): boolean {
  return (
    name === "pre" ||
    name === "code" ||
    children.some((child) => typeof child !== "string" && holdsCode(child))
  );
}

function classesOf(element: PageElement): string[] {
  return (element.attribute("class") ?? "").split(/\s+/).filter((name) => name !== "");
}

/**
 * A text that looks like a mail address and was hidden by a content delivery network: each byte is XORed
 * with the first.
 */
function hiddenMail(element: PageElement): string | undefined {
  const hex = element.attribute("data-cfemail") ?? "";
  if (!/^([0-9a-f]{2}){2,200}$/i.test(hex)) return undefined;
  const [key = 0, ...bytes] = hex.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte ^ key));
}
