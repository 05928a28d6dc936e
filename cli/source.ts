import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import * as v from "valibot";
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
}

const SignedSchema = v.object({ block: v.string(), code: v.string() });

export function blocksOf(source: Source): FoundBlock[] {
  const trimmed = source.text.trim();
  if (/^[\w-]+\.[\w-]*\.[\w-]*$/.test(trimmed)) return [{ block: trimmed, code: undefined }];
  const signed = v.safeParse(SignedSchema, parseJson(trimmed));
  return signed.success ? [signed.output] : findBlocks(source.text, source.url);
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
