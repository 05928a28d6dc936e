import type { CodeLine, Token } from "./code-lines.ts";

/** How the author's code looks on its page, for an editor that looks the same. */
export interface AuthorLook {
  lines: CodeLine[];
  /** CSS declarations of the editor's box: the code's font, colours and distance from the edges. */
  box: string;
  /** Whether long lines wrap. */
  wraps: boolean;
}

/** Properties that the editor takes over from the author's code, beside its background and its place. */
const TEXT_PROPERTIES = [
  "color",
  "color-scheme",
  "direction",
  "font-family",
  "font-feature-settings",
  "font-kerning",
  "font-size",
  "font-stretch",
  "font-style",
  "font-variant-ligatures",
  "font-weight",
  "letter-spacing",
  "line-height",
  "tab-size",
  "text-shadow",
  "word-spacing",
] as const;

/** Properties of a token in the code. */
const TOKEN_PROPERTIES = ["color", "font-style", "font-weight", "text-decoration-line"] as const;
/** Larger code is edited without colours: each token is an element of the editor. */
const MAX_TOKENS = 20_000;

/** Reads how the code in `host` looks. `frame` is the box in the shadow tree that shows it. */
export function authorLook(host: Element, frame: Element): AuthorLook {
  const code = host.querySelector("code") ?? host.querySelector("pre") ?? host;
  const style = getComputedStyle(code);
  const box: Record<string, string> = { ...backgroundOf(code, host), ...placeOf(code, frame) };
  for (const name of TEXT_PROPERTIES) box[name] = style.getPropertyValue(name);
  // The text of the field is transparent, and its caret is not.
  box["caret-color"] = style.color;
  const wraps = /^(pre-wrap|pre-line|break-spaces|normal)$/.test(style.whiteSpace);
  box["white-space"] = wraps ? "pre-wrap" : "pre";
  box["overflow-wrap"] = wraps ? "anywhere" : "normal";
  return { lines: linesOf(code, style), box: declarations(box), wraps };
}

/** The background that a reader sees behind the code: that of the innermost element that has one. */
function backgroundOf(code: Element, host: Element): Record<string, string> {
  for (let node: Element | null = code; node && node !== host; node = node.parentElement) {
    const { backgroundColor, backgroundImage } = getComputedStyle(node);
    if (backgroundImage !== "none" || !/^transparent$|, 0\)$|\/ 0\)$/.test(backgroundColor)) {
      return { "background-color": backgroundColor, "background-image": backgroundImage };
    }
  }
  return {};
}

/** The distance of the first character from the edges of `frame`, so that no line moves when the editor opens. */
function placeOf(code: Element, frame: Element): Record<string, string> {
  const outer = frame.getBoundingClientRect();
  const range = document.createRange();
  range.selectNodeContents(code);
  const first = [...range.getClientRects()].find(({ width, height }) => width > 0 && height > 0);
  if (!first || outer.height === 0) return {};
  const rtl = getComputedStyle(code).direction === "rtl";
  const lineHeight = Number.parseFloat(getComputedStyle(code).lineHeight);
  // The rectangle is the font's own height; the line around it is higher.
  const above = first.top - outer.top - (lineHeight > 0 ? (lineHeight - first.height) / 2 : 0);
  const start = rtl ? outer.right - first.right : first.left - outer.left;
  const px = (length: number) => `${Math.max(0, Math.round(length * 100) / 100)}px`;
  return {
    "padding-block": px(above),
    "padding-inline": px(Math.min(start, outer.width / 3)),
    "min-height": px(outer.height),
  };
}

/** Elements that are no code: copy buttons, line numbers, hidden parts. */
const NO_CODE = "button,[aria-hidden=true],[hidden],script,style,svg,deferred-runner,output";

/** The lines of the code, each token in its look. */
function linesOf(code: Element, base: CSSStyleDeclaration): CodeLine[] {
  const lines: Token[][] = [[]];
  const looks = new Map<Element, string | undefined>();
  let tokens = 0;
  walk(code);
  return tokens > MAX_TOKENS ? [] : lines;

  function walk(element: Element): void {
    for (const node of element.childNodes) {
      if (tokens > MAX_TOKENS) return;
      if (node instanceof Text) addText(node.data, element);
      else if (node instanceof Element && !node.matches(NO_CODE)) {
        const { display, userSelect } = getComputedStyle(node);
        if (node.localName === "br") lines.push([]);
        if (userSelect === "none" || display === "none") continue;
        const isLine = /^(block|flex|grid|list-item|table-row)$/.test(display);
        if (isLine) startLine();
        walk(node);
        if (isLine) startLine();
      }
    }
  }

  function addText(text: string, element: Element): void {
    tokens++;
    for (const [index, piece] of text.replaceAll("\u00a0", " ").split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (piece !== "") lines.at(-1)!.push({ text: piece, look: lookOf(element) });
    }
  }

  function startLine(): void {
    if (lines.at(-1)!.length > 0) lines.push([]);
  }

  function lookOf(element: Element): string | undefined {
    if (element === code) return undefined;
    if (!looks.has(element)) looks.set(element, tokenLook(getComputedStyle(element), base));
    return looks.get(element);
  }
}

function tokenLook(style: CSSStyleDeclaration, base: CSSStyleDeclaration): string | undefined {
  const own = TOKEN_PROPERTIES.filter(
    (name) => style.getPropertyValue(name) !== base.getPropertyValue(name),
  );
  if (own.length === 0) return undefined;
  return declarations(Object.fromEntries(own.map((name) => [name, style.getPropertyValue(name)])));
}

function declarations(properties: Record<string, string>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}:${value}`)
    .join(";");
}
