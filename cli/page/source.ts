import * as v from "valibot";
import { RequestPartsSchema, type RequestParts } from "../../protocol/requests.ts";
import { escapeText } from "../../protocol/escape-html.ts";
import { parseJson, unreachableError } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { readInputText } from "../terminal/read-text.ts";
import { findBlocks } from "./blocks.ts";

/** A text that holds blocks: a page, a token, the output of `deferred sign`. */
export interface Source {
  text: string;
  /** Where it was fetched from. */
  url?: string;
}

const isUrl = (name: string): boolean => /^https?:\/\//.test(name);

/** Whether `name` is a page and no program: an address, or an HTML file. */
export function isPage(name: string): boolean {
  return isUrl(name) || /\.html?$/i.test(name);
}

/** Reads a file, an address, or standard input for `-`. Throws `CliError`. */
export async function readBlockSource(name: string): Promise<Source> {
  if (!isUrl(name)) return { text: await readInputText(name) };
  const response = await fetch(name).catch((cause: unknown) => {
    throw unreachableError(name, cause);
  });
  if (!response.ok) throw new CliError(`${name} answered ${response.status}`);
  return { text: await response.text(), url: response.url };
}

/** A block and, if the source holds it too, its code. */
export interface FoundBlock {
  block: string;
  code: string | undefined;
  /** How the code differs from the code that was signed, as far as it can be told. */
  differs?: string;
  /** The block's other parts on the page. */
  sent?: RequestParts;
}

const SignedSchema = v.pipe(
  v.object({ block: v.string(), code: v.string(), ...RequestPartsSchema.entries }),
  v.transform(({ block, code, ...sent }) => ({ block, code, sent })),
);

export function findSignedBlocks(source: Source): FoundBlock[] {
  const trimmed = source.text.trim();
  if (/^[\w-]+\.[\w-]*\.[\w-]*$/.test(trimmed)) return [{ block: trimmed, code: undefined }];
  const signed = v.safeParse(SignedSchema, parseJson(trimmed));
  return signed.success ? [signed.output] : findBlocks(fencesToHtml(source.text), source.url);
}

/** Replaces each Markdown fence after the tag, as `deferred sign` prints it, by the HTML a site makes of it. */
function fencesToHtml(text: string): string {
  if (/<!doctype|<html/i.test(text)) return text;
  const html: string[] = [];
  let isAfterTag = false;
  let fence: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (fence !== undefined) {
      const isEnd = line.trim() === fence;
      html.push(isEnd ? "</code></pre>" : escapeText(line));
      if (isEnd) fence = undefined;
      continue;
    }
    if (isAfterTag) fence = /^\s*(`{3,}|~{3,})[^`]*$/.exec(line)?.[1];
    isAfterTag = /<deferred-runner\b[^>]*>\s*$/.test(line) || (isAfterTag && line.trim() === "");
    html.push(fence === undefined ? line : "<pre><code>");
  }
  return html.join("\n");
}
