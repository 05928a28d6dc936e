import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { escapeText } from "../server/pages/escape.ts";
import { unreachable } from "./api.ts";
import { CliError } from "./cli-error.ts";
import { findBlocks } from "./run/page.ts";

/** Something that holds a block, or several: a page, a token, what `deferred sign` printed. */
export interface Source {
  text: string;
  /** Where it was fetched from. */
  url?: string;
}

/** Reads a file, an address, or standard input for `-`. */
export async function readSource(name: string): Promise<Source> {
  if (name === "-") return { text: await text(process.stdin) };
  if (!/^https?:\/\//.test(name)) {
    const source = await readFile(name, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw new CliError(`${name} can't be read (${cause.code})`, { cause });
    });
    return { text: source };
  }
  const response = await fetch(name).catch((cause: unknown) => {
    throw unreachable(name, cause);
  });
  if (!response.ok) throw new CliError(`${name} answered ${response.status}`);
  return { text: await response.text(), url: response.url };
}

/** A block and, where the source holds it too, its code. */
export interface FoundBlock {
  block: string;
  code: string | undefined;
  /** What can be known of code that is not what was signed. */
  differs?: string;
}

const SignedSchema = v.object({ block: v.string(), code: v.string() });

export function blocksOf(source: Source): FoundBlock[] {
  const trimmed = source.text.trim();
  if (/^[\w-]+\.[\w-]*\.[\w-]*$/.test(trimmed)) return [{ block: trimmed, code: undefined }];
  const signed = v.safeParse(SignedSchema, parseJson(trimmed));
  return signed.success ? [signed.output] : findBlocks(fencesAsHtml(source.text), source.url);
}

/** Markdown as `deferred sign` prints it: the fence becomes the element that a site makes of it. */
function fencesAsHtml(text: string): string {
  if (/<!doctype|<html/i.test(text)) return text;
  const lines = text.split(/\r?\n/);
  const html: string[] = [];
  let begun = false;
  let fence: string | undefined;
  for (const line of lines) {
    if (fence !== undefined) {
      const ends = line.trim() === fence;
      html.push(ends ? "</code></pre>" : escapeText(line));
      if (ends) fence = undefined;
      continue;
    }
    const wasBegun = begun;
    begun = /<deferred-runner\b[^>]*>\s*$/.test(line) || (begun && line.trim() === "");
    fence = wasBegun ? /^\s*(`{3,}|~{3,})[^`]*$/.exec(line)?.[1] : undefined;
    html.push(fence === undefined ? line : "<pre><code>");
  }
  return html.join("\n");
}

/** The object that `source` is as JSON; undefined where it is none. */
export function parseJson(source: string): unknown {
  if (!source.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}
