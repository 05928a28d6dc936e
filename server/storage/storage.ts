/** A presigned request: who has it may make it once more and nothing else, until it expires. */
export interface Presigned {
  url: string;
  headers: Record<string, string>;
}

/** What an upload has to be, to the byte. */
export interface ObjectFacts {
  size: number;
  /** A media type, with its charset where it is text. */
  type: string;
  /** SHA-256, lower-case hex. */
  sha256: string;
}

/** What storage says of an object; some S3-compatible servers keep no digest. */
export type StoredFacts = Omit<ObjectFacts, "sha256"> & { sha256?: string | undefined };

/** Where results and artifacts live. Keys are slash-separated, percent-encoded as in a URL's path. */
export interface Storage {
  put(key: string, body: Uint8Array, type: string): Promise<void>;
  /** A PUT of exactly these bytes to exactly this key. */
  presignPut(key: string, facts: ObjectFacts, expiresInS: number): Promise<Presigned>;
  /**
   * An address of the object for whoever has it. A machine may reach the server by another name than
   * people do.
   */
  presignGet(key: string, expiresInS: number, by: "machine" | "person"): Promise<string>;
  /** What lies at `key`; undefined where nothing does. */
  stat(key: string): Promise<StoredFacts | undefined>;
  /** Removes what lies at `prefix`, and everything below it. Harmless where nothing does. */
  remove(prefix: string): Promise<void>;
}
