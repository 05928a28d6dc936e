import type { Trx } from "../database/database.ts";

/** A presigned request. Its holder can send it until it expires. */
export interface Presigned {
  url: string;
  headers: Record<string, string>;
}

/** The size, type and digest that an upload must have. */
export interface ObjectFacts {
  size: number;
  /** A media type, with its charset where it is text. */
  type: string;
  /** SHA-256, lower-case hex. */
  sha256: string;
}

/** Facts of a stored object; some S3-compatible servers keep no digest. */
export type StoredFacts = Omit<ObjectFacts, "sha256"> & { sha256?: string | undefined };

/** Stores results and artifacts. Keys are slash-separated and percent-encoded, as in a URL's path. */
export interface Storage {
  put(key: string, body: Uint8Array, type: string): Promise<void>;
  /**
   * Stores a small JSON document in the caller's transaction; false where it is too large. Absent where the database
   * is not the storage's own.
   */
  putWithin?: ((trx: Trx, key: string, body: Uint8Array) => Promise<boolean>) | undefined;
  /** Signs a PUT of exactly these bytes to exactly this key. `by`: as for `presignGet`; absent: a machine. */
  presignPut(
    key: string,
    facts: ObjectFacts,
    expiresInS: number,
    by?: "machine" | "person",
  ): Promise<Presigned>;
  /**
   * Signs an address that reads the object. A machine may reach the server by another name than people.
   */
  presignGet(key: string, expiresInS: number, by: "machine" | "person"): Promise<string>;
  /** The bytes of the object at `key`, if there is one. */
  read(key: string): Promise<ReadableStream<Uint8Array> | undefined>;
  /** The facts of the object at `key`, if there is one. */
  stat(key: string): Promise<StoredFacts | undefined>;
  /** Removes the object at `prefix` and all objects below it. Idempotent. */
  remove(prefix: string): Promise<void>;
}
