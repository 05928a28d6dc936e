import { ApiError } from "../../protocol/deferred-error.ts";
import type { Database } from "../database/database.ts";
import { hmac, sameSecret } from "../database/ids.ts";
import { readChunks } from "../http/read-chunks.ts";
import { MAX_ROW_BYTES, readDocument, removeDocuments, storeDocument } from "./documents.ts";
import { createObjectFiles, objectOf, type StoredObject } from "./object-files.ts";
import type { ObjectFacts, Storage } from "./storage.ts";

export interface FsStorageOptions {
  folder: string;
  /** Keeps small documents; absent: they are files too. */
  database?: Database;
  /** The server's URL for its responders, which upload there. */
  uploadUrl: string;
  /** The server's public URL. */
  url: string;
  /** Master key. It signs the addresses of uploads and reads. */
  secret: string;
  now: () => number;
  /** Set if another process serves the folder: its unfinished uploads are not removed. */
  beside?: boolean;
}

/**
 * Storage on the server's own disk: small documents in the database, other objects below one folder, each with its
 * facts in a file beside it.
 */
export interface FsStorage extends Storage {
  open(key: string): Promise<StoredObject | undefined>;
  /** Opens an object by an address that `presignGet` made. Throws `file_not_found` for any other address. */
  openSigned(key: string, query: URLSearchParams): Promise<StoredObject | undefined>;
  /** Stores an upload whose address `presignPut` made. Throws `upload_refused`. */
  receive(
    key: string,
    query: URLSearchParams,
    upload: { type: string | undefined; body: ReadableStream<Uint8Array> | null },
  ): Promise<void>;
}

export function createFsStorage(options: FsStorageOptions): FsStorage {
  const { secret, now, database } = options;
  const files = createObjectFiles(options.folder, { beside: options.beside });
  /** Uploads in progress, by key. A repeated upload aborts the previous one, so that the space is taken once. */
  const receiving = new Map<string, AbortController>();

  const isDocument = (key: string, body: Uint8Array) =>
    key.endsWith(".json") && body.length <= MAX_ROW_BYTES;

  async function open(key: string): Promise<StoredObject | undefined> {
    const document = database && (await readDocument(database.queries, key));
    if (!document) return files.open(key);
    // It may be committed and not on the disk yet, and so may the end of its run.
    await database.flushed();
    return objectOf(document, "application/json");
  }

  return {
    async put(key, body, type) {
      if (database && type === "application/json" && isDocument(key, body)) {
        await database.write((trx) => storeDocument(trx, { key, body }));
        return;
      }
      await files.store(key, { type, chunks: [body] });
      if (database) await removeDocuments(database.queries, key);
    },

    putWithin:
      database &&
      (async (trx, key, body) => {
        if (!isDocument(key, body)) return false;
        await storeDocument(trx, { key, body });
        return true;
      }),

    async presignPut(key, facts, expiresInS, by = "machine") {
      const query = new URLSearchParams({
        size: String(facts.size),
        type: facts.type,
        sha256: facts.sha256,
        expires: String(Math.floor(now() / 1000) + expiresInS),
      });
      query.set("signature", uploadSignature(secret, key, query));
      return {
        url: `${by === "machine" ? options.uploadUrl : options.url}/v1/uploads/${key}?${query}`,
        headers: { "content-type": facts.type, "content-length": String(facts.size) },
      };
    },

    async presignGet(key, expiresInS, by) {
      const expires = String(Math.floor(now() / 1000) + expiresInS);
      const signature = hmac(secret, "read", key, expires);
      const query = new URLSearchParams({ expires, signature });
      return `${by === "machine" ? options.uploadUrl : options.url}/${key}?${query}`;
    },

    read: async (key) => (await open(key))?.read(),
    async stat(key) {
      const object = await open(key);
      return object && { size: object.size, type: object.type, sha256: object.sha256 };
    },
    async remove(prefix) {
      await files.remove(prefix);
      if (database) await removeDocuments(database.queries, prefix);
    },
    open,

    async openSigned(key, query) {
      const expires = query.get("expires") ?? "";
      const expected = hmac(secret, "read", key, expires);
      const isSigned = sameSecret(query.get("signature") ?? "", expected);
      if (!isSigned || Number(expires) * 1000 < now()) {
        throw new ApiError("file_not_found", "Its address is of another file, or too old.");
      }
      return open(key);
    },

    async receive(key, query, { type = "", body }) {
      checkUploadAddress(secret, key, query, { type, now: now() });
      const size = Number(query.get("size"));
      const own = new AbortController();
      const accept = (facts: ObjectFacts) => {
        if (own.signal.aborted) {
          throw new ApiError("overloaded", "It was sent once more.", { retryAfterS: 1 });
        }
        if (facts.size !== size) throw refused("It is shorter than announced.");
        if (facts.sha256 !== query.get("sha256")) {
          throw refused("Its content is not what was announced.");
        }
      };
      const chunks = readChunks(body, refused("It broke off before its end."), own.signal);
      receiving.get(key)?.abort();
      receiving.set(key, own);
      try {
        await files.store(key, { type, chunks, accept, maxSize: size });
      } finally {
        if (receiving.get(key) === own) receiving.delete(key);
      }
    },
  };
}

const refused = (why: string) => new ApiError("upload_refused", why);

/** Throws unless this server signed the address, for this type, and it has not expired. */
function checkUploadAddress(
  secret: string,
  key: string,
  query: URLSearchParams,
  { type, now }: { type: string; now: number },
): void {
  if (!sameSecret(query.get("signature") ?? "", uploadSignature(secret, key, query))) {
    throw refused("Its address was not signed by this server.");
  }
  if (type !== query.get("type")) throw refused("It is of another type than announced.");
  if (Number(query.get("expires")) * 1000 < now) throw refused("It came too late.");
}

function uploadSignature(secret: string, key: string, query: URLSearchParams): string {
  const facts = ["size", "type", "sha256", "expires"].map((name) => query.get(name) ?? "");
  return hmac(secret, "upload", key, ...facts);
}
