/**
 * A page's node, as browsers and HTML parsers both have it: text, or an element. Only what a reading of code
 * asks for is in it.
 */
export type PageNode = string | PageElement;
export interface PageElement {
  /** In lower case. */
  readonly name: string;
  readonly attribute: (name: string) => string | null | undefined;
  readonly children: readonly PageNode[];
}

/** One way to read the text of a page. */
export interface TextReading {
  /** What is left out of it: nothing; controls and what is hidden; numbers at the start of lines as well. */
  drop: "nothing" | "controls" | "numbers";
  /**
   * Where lines end: at line ends alone; at `br` and block elements too; `loose` takes those for the only ones
   * where both are there; `children` takes each child of the innermost container for a line.
   */
  lines: "text" | "blocks" | "loose" | "children";
}

/** All ways, the ones that change least first. */
export const READINGS: readonly TextReading[] = (
  ["text", "blocks", "loose", "children"] as const
).flatMap((lines) =>
  (["nothing", "controls", "numbers"] as const).map((drop) => ({ drop, lines })),
);

/** The text of `holder`, read in one way. */
export function readText(holder: PageElement, { drop, lines }: TextReading): string {
  const container = lines === "children" ? innermost(holder) : undefined;
  let text = "";
  /** Nothing is on the last line of `text`. Asking the text itself would copy it each time. */
  let empty = true;
  /** A line has ended, and its line end is not written: the page's own may follow. */
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
    // The first of two in a row may be its number, which is no line of the code.
    const cell = elements.length === 2 ? elements[0] : undefined;
    const apart =
      lines !== "text" &&
      (HOLDS_NO_TEXT.has(element.name) || (lines !== "blocks" && elements.some(isLine)));
    for (const child of element.children) {
      if (typeof child === "string") {
        // Between the elements of lines, blanks are the indentation of the page's source.
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

/** The same, where it is short enough for a line's number; else something else. */
function shortText(element: PageElement, most = 16): string {
  let text = "";
  for (const child of element.children) {
    text += typeof child === "string" ? child : shortText(child, most - text.length);
    if (text.length > most) return "…";
  }
  return text;
}

/** How many nodes there are in `element`. */
export function nodesIn({ children }: PageElement): number {
  return children.reduce((sum, child) => sum + (typeof child === "string" ? 1 : nodesIn(child)), 1);
}

/** In these, text stands in children alone. */
const HOLDS_NO_TEXT = new Set(["table", "thead", "tbody", "tfoot", "tr", "ol", "ul", "dl"]);

const BLOCKS = new Set(
  "dd div dl dt figure h1 h2 h3 h4 li ol p pre section table tr ul".split(" "),
);

/** Whether it is a line of its own, by its name, its style, or a class that says so: `line`, `token-line`. */
function isBlock(element: PageElement): boolean {
  return (
    BLOCKS.has(element.name) ||
    /(^|;)\s*display\s*:\s*(block|flex|grid|table|table-row|list-item)\b/i.test(
      element.attribute("style") ?? "",
    ) ||
    classesOf(element).some((name) => /(^|[-_])line$|[a-z]Line(_|$)/.test(name))
  );
}

/** Down through elements that hold one element and nothing else. */
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
/** Of classes of what site tools put into code; those of numbers only where nothing but numbers is in it. */
const ADDED =
  /copy|copied|clipboard|toolbar|tooltip|sr-only|visually-hidden|screen-reader|headerlink/i;
const NUMBERS = /^(ln|lnt|lno)$|line-?_?no|line-?_?num|gutter|blob-num|hljs-ln-n|rouge-gutter/i;

/** Whether it is no text of the page's author, but something to press or hidden from readers. */
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

/** What looks like a mail address, where a content delivery network hid it: each byte is combined with the first. */
function hiddenMail(element: PageElement): string | undefined {
  const hex = element.attribute("data-cfemail") ?? "";
  if (!/^([0-9a-f]{2}){2,200}$/i.test(hex)) return undefined;
  const [key = 0, ...bytes] = hex.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte ^ key));
}
