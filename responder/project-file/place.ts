import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from "yaml";
import { nearest } from "./nearest.ts";

/** Entries that a list or a map may have. */
const MOST_ENTRIES = 200;

/** What all places of one file share. */
export interface Page {
  readonly document: Document;
  readonly lines: LineCounter;
  /** Every mistake so far, with its line. */
  readonly mistakes: { readonly line: number; readonly text: string }[];
}

/** A value in the file, with where it stands, so that what is wrong with it can be said by line and key. */
export class Place {
  readonly #page: Page;
  readonly #node: Node | null;
  readonly #line: number;
  /** `serve.port`; empty for the whole file. */
  readonly key: string;

  constructor(page: Page, node: unknown, key: string, line: number) {
    const own = (isAlias(node) ? node.resolve(page.document) : node) as Node | null | undefined;
    this.#page = page;
    this.#node = own ?? null;
    this.key = key;
    const start = (node as Node | null)?.range?.[0];
    this.#line = start === undefined ? line : page.lines.linePos(start).line;
  }

  /** Notes a mistake: what is wrong, then what to write instead. */
  wrong(what: string): undefined {
    const key = this.key === "" ? "" : `${this.key}: `;
    this.#page.mistakes.push({ line: this.#line, text: `${key}${what}` });
    return undefined;
  }

  get isEmpty(): boolean {
    return this.#node === null || (isScalar(this.#node) && this.#node.value === null);
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }

  /** As it is written, so that 3.10 keeps its nought; undefined where it is no single value. */
  get text(): string | undefined {
    const node = this.#node;
    if (!isScalar(node) || node.value === null) return undefined;
    if (typeof node.value === "string") return node.value;
    return node.source;
  }

  /** The value where YAML has it for true or false. */
  get truth(): boolean | undefined {
    const node = this.#node;
    return isScalar(node) && typeof node.value === "boolean" ? node.value : undefined;
  }

  /** The entries of a list; a single value counts as a list of one. */
  list(what: string): Place[] {
    const node = this.#node;
    if (isSeq(node)) {
      if (node.items.length > MOST_ENTRIES) {
        this.wrong(`it has more than ${MOST_ENTRIES} entries; write fewer`);
        return [];
      }
      return node.items.map((item) => new Place(this.#page, item, this.key, this.#line));
    }
    if (!this.isEmpty && (isScalar(node) || isMap(node))) return [this];
    this.wrong(`it is empty; write ${what}`);
    return [];
  }

  /** Names and values of a map, whatever the names are. */
  entries(what: string): { name: string; value: Place }[] {
    const node = this.#node;
    if (!isMap(node)) {
      this.wrong(`it is not a map; write ${what}`);
      return [];
    }
    if (node.items.length > MOST_ENTRIES) {
      this.wrong(`it has more than ${MOST_ENTRIES} entries; write fewer`);
      return [];
    }
    return node.items.map(({ key, value }) => {
      const at = new Place(this.#page, key, this.key, this.#line);
      const name = at.text ?? "";
      const inside = this.key === "" ? name : `${this.key}.${name}`;
      return { name, value: new Place(this.#page, value ?? key, inside, at.#line).#valueOf(value) };
    });
  }

  /** A map with these names alone; what else it has is a mistake each. */
  fields<Name extends string>(names: readonly Name[], what: string): Partial<Record<Name, Place>> {
    const found: Partial<Record<Name, Place>> = {};
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

  /** Keeps the line of a key that has no value. */
  #valueOf(value: unknown): Place {
    return value === null ? new Place(this.#page, null, this.key, this.#line) : this;
  }
}
