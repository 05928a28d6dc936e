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
import { hmac, sameSecret, sha256 } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { received } from "../http/received.ts";
import type { ObjectFacts, Presigned, Storage } from "./storage.ts";

export interface FsStorageOptions {
  folder: string;
  /** The server's URL as its responders reach it: uploads go there. */
  uploadUrl: string;
  /** The server's URL as people reach it. */
  url: string;
  /** Master key: upload addresses are signed with it. */
  secret: string;
  now: () => number;
  /** Another process serves the folder: what it is just taking is left alone. */
  beside?: boolean;
}

/** A stored object, open for reading. */
export interface StoredObject extends ObjectFacts {
  read(range?: { start: number; end: number }): ReadableStream<Uint8Array>;
}

/** Storage below one folder of the server's own disk; each object has its facts beside it. */
export interface FsStorage extends Storage {
  open(key: string): Promise<StoredObject | undefined>;
  /** The same by an address that `presignGet` made. Throws `file_not_found` where it is not one. */
  openSigned(key: string, query: URLSearchParams): Promise<StoredObject | undefined>;
  /** Stores an upload whose address `presignPut` made. Throws `upload_refused`. */
  receive(
    key: string,
    query: URLSearchParams,
    upload: { type: string | undefined; body: ReadableStream<Uint8Array> | null },
  ): Promise<void>;
}

/** What the file system says of a name that holds nothing, or that it can't hold. */
const NOTHING_THERE = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"]);

export function createFsStorage(options: FsStorageOptions): FsStorage {
  const objectPath = (key: string) => join(options.folder, "objects", ...safeParts(key));
  const factsPath = (key: string) => join(options.folder, "facts", ...safeParts(key));
  const parts = join(options.folder, "parts");
  /** Uploads under way, by key: one that comes again ends the one before, so each takes its room once. */
  const receiving = new Map<string, AbortController>();
  /** What an earlier server was killed over is nobody's any more. */
  let cleared = options.beside ? Promise.resolve() : undefined;

  /** Writes under another name first: a reader sees all of a file or none. */
  async function store(
    key: string,
    type: string,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    accept: (facts: ObjectFacts) => void,
    maxSize = Infinity,
  ): Promise<void> {
    const path = objectPath(key);
    await (cleared ??= rm(parts, { recursive: true, force: true }).catch(() => {}));
    for (const folder of [dirname(path), dirname(factsPath(key)), parts]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
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
      accept(facts);
      // A power cut leaves all of it or nothing, and all once this is over.
      const beside = { mode: 0o600, flush: true };
      await Promise.all([file.sync(), writeFile(`${part}.facts`, JSON.stringify(facts), beside)]);
      await file.close();
      await rename(`${part}.facts`, factsPath(key));
      await rename(part, path);
      await Promise.all([dirname(path), dirname(factsPath(key))].map(flushFolder));
    } catch (error) {
      await file.close().catch(() => {}); // Closed already where the failure came after.
      await rm(part, { force: true });
      await rm(`${part}.facts`, { force: true });
      throw error;
    }
  }

  async function readFacts(key: string): Promise<ObjectFacts | undefined> {
    try {
      const facts = JSON.parse(await readFile(factsPath(key), "utf8")) as ObjectFacts;
      const file = await stat(objectPath(key));
      return file.size === facts.size ? facts : undefined;
    } catch (error) {
      if (NOTHING_THERE.has((error as NodeJS.ErrnoException).code!)) return undefined;
      throw error;
    }
  }

  async function openObject(key: string): Promise<StoredObject | undefined> {
    const facts = await readFacts(key);
    if (!facts) return undefined;
    const read: StoredObject["read"] = (range) =>
      Readable.toWeb(createReadStream(objectPath(key), range)) as ReadableStream<Uint8Array>;
    return { ...facts, read };
  }

  return {
    put: (key, body, type) => store(key, type, [body], () => {}),

    async presignPut(key, facts, expiresInS): Promise<Presigned> {
      const expires = Math.floor(options.now() / 1000) + expiresInS;
      const query = new URLSearchParams({
        size: String(facts.size),
        type: facts.type,
        sha256: facts.sha256,
        expires: String(expires),
      });
      query.set("signature", signatureOf(key, query));
      return {
        url: `${options.uploadUrl}/v1/uploads/${key}?${query}`,
        headers: { "content-type": facts.type, "content-length": String(facts.size) },
      };
    },

    async presignGet(key, expiresInS, by) {
      const expires = String(Math.floor(options.now() / 1000) + expiresInS);
      const signature = hmac(options.secret, "read", key, expires);
      const query = new URLSearchParams({ expires, signature });
      return `${by === "machine" ? options.uploadUrl : options.url}/${key}?${query}`;
    },

    stat: readFacts,

    async remove(prefix) {
      await rm(objectPath(prefix), { recursive: true, force: true });
      await rm(factsPath(prefix), { recursive: true, force: true });
    },

    open: openObject,

    async openSigned(key, query) {
      const expires = query.get("expires") ?? "";
      const expected = hmac(options.secret, "read", key, expires);
      const good = sameSecret(query.get("signature") ?? "", expected);
      if (!good || Number(expires) * 1000 < options.now()) {
        throw new ApiError("file_not_found", "Its address is of another file, or too old.");
      }
      return openObject(key);
    },

    async receive(key, query, { type, body }) {
      const signature = query.get("signature") ?? "";
      if (!sameSecret(signature, signatureOf(key, query))) {
        throw new ApiError("upload_refused", "Its address is not one that this server signed.");
      }
      if (type !== query.get("type")) {
        throw new ApiError("upload_refused", "It is of another type than announced.");
      }
      if (Number(query.get("expires")) * 1000 < options.now()) {
        throw new ApiError("upload_refused", "It came too late.");
      }
      const size = Number(query.get("size"));
      const own = new AbortController();
      const accept = (facts: ObjectFacts) => {
        if (own.signal.aborted) {
          throw new ApiError("overloaded", "It was sent once more.", { retryAfterS: 1 });
        }
        if (facts.size !== size) {
          throw new ApiError("upload_refused", "It is shorter than announced.");
        }
        if (facts.sha256 !== query.get("sha256")) {
          throw new ApiError("upload_refused", "Its content is not what was announced.");
        }
      };
      const brokenOff = new ApiError("upload_refused", "It broke off before its end.");
      receiving.get(key)?.abort();
      receiving.set(key, own);
      try {
        await store(key, type, received(body, brokenOff, own.signal), accept, size);
      } finally {
        if (receiving.get(key) === own) receiving.delete(key);
      }
    },
  };

  function signatureOf(key: string, query: URLSearchParams): string {
    const facts = ["size", "type", "sha256", "expires"].map((name) => query.get(name) ?? "");
    return hmac(options.secret, "upload", key, ...facts);
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

/** A disk that fills up takes the first bytes of a chunk, and says so only of the next. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

/**
 * The key's parts as file names. Keys come from addresses: none may leave the folder, and what is too
 * long for a file's name goes by its digest.
 */
function safeParts(key: string): string[] {
  const parts = key.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) {
    throw new ApiError("file_not_found");
  }
  return parts.map((part) => (Buffer.byteLength(part) > 200 ? `long-${sha256(part)}` : part));
}
