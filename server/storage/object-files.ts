import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import * as v from "valibot";
import { ApiError } from "../../protocol/deferred-error.ts";
import { sha256 } from "../database/ids.ts";
import type { ObjectFacts } from "./storage.ts";

/** A stored object, open for reading. */
export interface StoredObject extends ObjectFacts {
  read(range?: { start: number; end: number }): ReadableStream<Uint8Array>;
}

interface StoreOptions {
  type: string;
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Called before the object becomes visible; throws to refuse it. */
  accept?: (facts: ObjectFacts) => void;
  maxSize?: number;
}

const FactsSchema = v.object({ size: v.number(), type: v.string(), sha256: v.string() });

/** Error codes for names without a file, and for names that are no valid file names. */
const NOTHING_THERE = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"]);

/** Objects as files below one folder, each with its facts in a file of its own. */
export function createObjectFiles(folder: string, { beside = false } = {}) {
  const objectPath = (key: string) => join(folder, "objects", ...safeParts(key));
  const factsPath = (key: string) => join(folder, "facts", ...safeParts(key));
  const parts = join(folder, "parts");
  /** Removes unfinished uploads of an earlier server, once. */
  let cleared = beside ? Promise.resolve() : undefined;

  async function prepareParts(): Promise<void> {
    await (cleared ??= rm(parts, { recursive: true, force: true }).catch(() => {}));
    const mode = 0o700;
    // Node says ENOENT when a recursive mkdir meets a read-only file system; a plain one gives the cause.
    await mkdir(parts, { recursive: true, mode }).catch(() => mkdir(parts, { mode }));
  }

  /** Atomic: writes a temporary file and renames it. */
  async function store(key: string, options: StoreOptions): Promise<void> {
    const { type, chunks, accept, maxSize = Infinity } = options;
    const path = objectPath(key);
    await prepareParts();
    for (const one of [dirname(path), dirname(factsPath(key))]) {
      await mkdir(one, { recursive: true, mode: 0o700 });
    }
    const part = join(parts, randomBytes(12).toString("hex"));
    const file = await open(part, "wx", 0o600);
    try {
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size > maxSize) throw new ApiError("upload_refused", "It is longer than announced.");
        hash.update(chunk);
        await writeAll(file, chunk);
      }
      const facts: ObjectFacts = { size, type, sha256: hash.digest("hex") };
      accept?.(facts);
      // Flushed, so that the object survives a power cut once this function has resolved.
      const beside = { mode: 0o600, flush: true };
      await Promise.all([file.sync(), writeFile(`${part}.facts`, JSON.stringify(facts), beside)]);
      await file.close();
      await rename(`${part}.facts`, factsPath(key));
      await rename(part, path);
      await Promise.all([dirname(path), dirname(factsPath(key))].map(flushFolder));
    } catch (error) {
      await file.close().catch(() => {}); // Already closed if a later step failed.
      await rm(part, { force: true });
      await rm(`${part}.facts`, { force: true });
      throw error;
    }
  }

  async function readFacts(key: string): Promise<ObjectFacts | undefined> {
    try {
      const facts = await readStoredFacts(key);
      if (!facts) return key.endsWith(".json") ? await factsOfJson(objectPath(key)) : undefined;
      const file = await stat(objectPath(key));
      return file.size === facts.size ? facts : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async function readStoredFacts(key: string): Promise<ObjectFacts | undefined> {
    const text = await readFile(factsPath(key), "utf8").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    return text === undefined ? undefined : v.parse(FactsSchema, JSON.parse(text));
  }

  async function openObject(key: string): Promise<StoredObject | undefined> {
    const facts = await readFacts(key);
    if (!facts) return undefined;
    const read: StoredObject["read"] = (range) =>
      Readable.toWeb(createReadStream(objectPath(key), range)) as ReadableStream<Uint8Array>;
    return { ...facts, read };
  }

  async function remove(prefix: string): Promise<void> {
    await rm(objectPath(prefix), { recursive: true, force: true });
    await rm(factsPath(prefix), { recursive: true, force: true });
  }

  return { store, open: openObject, remove };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && NOTHING_THERE.has(String(error.code));
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
}

/** An object that is in memory. */
export function objectOf(body: Uint8Array, type: string): StoredObject {
  const sha256 = createHash("sha256").update(body).digest("hex");
  const read: StoredObject["read"] = (range) =>
    new Blob([range ? body.slice(range.start, range.end + 1) : body.slice()]).stream();
  return { size: body.length, type, sha256, read };
}

/** A result of an earlier release that kept small ones as files without facts, complete once they had their names. */
async function factsOfJson(path: string): Promise<ObjectFacts> {
  const content = await readFile(path);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { size: content.length, type: "application/json", sha256 };
}

/** Writes the whole chunk. On a nearly full disk a write may be partial, and only the next one fails. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

/**
 * The key's parts as file names. Keys come from URLs, so they must not lead out of the folder. Parts that are too long
 * for a file name are replaced by their digest.
 */
function safeParts(key: string): string[] {
  const parts = key.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) {
    throw new ApiError("file_not_found");
  }
  return parts.map((part) => (Buffer.byteLength(part) > 200 ? `long-${sha256(part)}` : part));
}
