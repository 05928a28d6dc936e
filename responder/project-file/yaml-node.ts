import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type LineCounter,
  type Node,
} from "yaml";
import { MAX_ENTRIES } from "./keys.ts";
import { nearest } from "../../protocol/nearest.ts";
import type { Mistake } from "./refuse.ts";
import { quoted } from "./yaml-tokens.ts";

/** Characters of a key that a mistake shows. */
const MAX_SHOWN = 40;
const COMMENT = /[ \t]*#/y;

/** Shared by all nodes of one file. */
export interface YamlDocument {
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** The target of each alias, resolved once. */
  readonly targets: ReadonlyMap<Alias, Node>;
  /** Every mistake so far, with its line. */
  readonly mistakes: Mistake[];
}

/** An alias means the last anchor of its name before it; aliases without one are `lost`. */
export function aliasTargets(document: Document): {
  targets: YamlDocument["targets"];
  lost: Alias[];
} {
  const named = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const lost: Alias[] = [];
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = named.get(node.source);
        if (target) targets.set(node, target);
        else lost.push(node);
      } else if (node.anchor !== undefined) named.set(node.anchor, node);
    },
  });
  return { targets, lost };
}

/** A value in the file with its position, so that mistakes name line and key. */
export class YamlNode {
  readonly #page: YamlDocument;
  readonly #written: Node | null;
  readonly #node: Node | null;
  readonly #line: number;
  /** `serve.port`; empty for the whole file. */
  readonly key: string;

  constructor(page: YamlDocument, node: unknown, key: string, line: number) {
    this.#page = page;
    this.#written = (node as Node | null | undefined) ?? null;
    this.#node = isAlias(node) ? (page.targets.get(node) ?? null) : this.#written;
    this.key = key;
    const start = this.#written?.range?.[0];
    this.#line = start === undefined ? line : page.lines.linePos(start).line;
  }

  /** Notes a mistake: the cause, then the remedy. */
  wrong(what: string): undefined {
    const key = this.key === "" ? "" : `${this.key}: `;
    this.#page.mistakes.push({ line: this.#line, text: `${key}${what}` });
    return undefined;
  }

  get isEmpty(): boolean {
    return this.#node === null || (isScalar(this.#node) && this.text === "" && this.#isPlain);
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  get isEmptyList(): boolean {
    return isSeq(this.#node) && this.#node.items.length === 0;
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }

  /** Of a map's keys, for a look before they are read. */
  get names(): readonly string[] {
    const node = this.#node;
    return isMap(node) ? node.items.map(({ key }) => (isScalar(key) ? String(key.value) : "")) : [];
  }

  /** Whether it is a list or map in brackets or braces. */
  get isFlow(): boolean {
    return (isMap(this.#node) || isSeq(this.#node)) && this.#node.flow === true;
  }

  get #isPlain(): boolean {
    return isScalar(this.#node) && this.#node.type === "PLAIN";
  }

  /** The text as written, so that 3.10 keeps its zero; undefined if it is no scalar. */
  get text(): string | undefined {
    const node = this.#node;
    if (!isScalar(node)) return undefined;
    return typeof node.value === "string" ? node.value : (node.source ?? "");
  }

  /** The value where YAML has it for true or false. */
  get truth(): boolean | undefined {
    const node = this.#node;
    return isScalar(node) && typeof node.value === "boolean" ? node.value : undefined;
  }

  /** A suggestion: the line from the value on, in quotes. */
  get inQuotes(): string {
    const start = this.#written?.range?.[0];
    if (start === undefined) return "";
    const { text, lines } = this.#page;
    const { line, col } = lines.linePos(start);
    const from = lines.lineStarts[line - 1] ?? 0;
    const end = text.indexOf("\n", from);
    return quoted(text.slice(from, end === -1 ? undefined : end), col - 1);
  }

  /** Why YAML reads a scalar differently from its line, and what to write; undefined where it does not. */
  get misread(): string | undefined {
    const node = this.#written;
    const instead = `put it into quotes${this.inQuotes}`;
    if (isAlias(node)) return `* begins an alias in YAML; ${instead}`;
    if (!isScalar(node)) return undefined;
    if (node.anchor !== undefined) return `& begins an anchor in YAML; ${instead}`;
    if (this.hasComment) return `# begins a comment in YAML; ${instead}`;
    const [from, to] = node.range ?? [0, 0];
    const isJoined = this.#isPlain && this.#page.text.slice(from, to).includes("\n");
    return isJoined
      ? "YAML joins its lines by blanks; write | and a line end before it"
      : undefined;
  }

  /** Whether the line goes on as a comment after a value without quotes. */
  get hasComment(): boolean {
    const end = this.#written?.range?.[1];
    if (end === undefined || !this.#isPlain) return false;
    COMMENT.lastIndex = end;
    return COMMENT.test(this.#page.text);
  }

  /** The entries of a list; a single value counts as a list of one. */
  list(what: string, most = MAX_ENTRIES): YamlNode[] {
    const node = this.#node;
    if (isSeq(node)) {
      if (node.items.length > most) {
        this.wrong(`it has more than ${most} entries; write fewer`);
        return [];
      }
      return node.items.map((item) => new YamlNode(this.#page, item, this.key, this.#line));
    }
    if (!this.isEmpty && (isScalar(node) || isMap(node))) return [this];
    this.wrong(`it is empty; write ${what}`);
    return [];
  }

  /** The entries of a map with any names, each name once. */
  entries(what: string): { name: string; value: YamlNode }[] {
    const node = this.#node;
    if (!isMap(node)) {
      this.wrong(`it is not a map; write ${what}`);
      return [];
    }
    if (node.items.length > MAX_ENTRIES) {
      this.wrong(`it has more than ${MAX_ENTRIES} entries; write fewer`);
      return [];
    }
    const names = new Set<string>();
    return node.items.flatMap(({ key, value }) => {
      const at = new YamlNode(this.#page, key, this.key, this.#line);
      const name = isAlias(key) ? undefined : at.text;
      const shown = name !== undefined && name.length > MAX_SHOWN ? `${name.slice(0, 40)}…` : name;
      const inside = this.key === "" ? (shown ?? "") : `${this.key}.${shown}`;
      // A missing value has the position of its key.
      const place = new YamlNode(this.#page, value, inside, at.#line);
      const here = new YamlNode(this.#page, null, inside, at.#line);
      if (name === undefined) at.wrong("a key is no plain text; write a name");
      else if (names.has(name)) here.wrong("it is there twice; write each key once");
      else if (name === "<<") at.wrong("<< merges nothing here; write the entries themselves");
      else {
        names.add(name);
        return [{ name, value: place }];
      }
      return [];
    });
  }

  /** The values of a map with these names; each other name is a mistake. */
  fields<Name extends string>(
    names: readonly Name[],
    what: string,
  ): Partial<Record<Name, YamlNode>> {
    const found: Partial<Record<Name, YamlNode>> = {};
    for (const { name, value } of this.entries(what)) {
      const known = names.find((one) => one === name);
      if (known !== undefined) {
        found[known] = value;
        continue;
      }
      const meant = nearest(name, names);
      const instead = meant === undefined ? `write one of ${names.join(", ")}` : `write ${meant}`;
      value.wrong(`there is no such key; ${instead}`);
    }
    return found;
  }
}
