import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** What was sealed does not open: it was changed, or the master key is another. */
export class SealingError extends Error {
  override readonly name = "SealingError";
}

/** Keeps texts so that whoever has the database alone, or swaps its rows, gets nothing of them. */
export interface Sealing {
  /** `place` says what the text is, such as project, kind and name: it opens nowhere else. */
  seal(text: string, place: readonly string[]): string;
  /** Throws `SealingError` where it was sealed for another place or under another key, or changed. */
  open(sealed: string, place: readonly string[]): string;
}

const VERSION = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a key that is derived from the master key for this purpose alone. */
export function createSealing(masterKey: string): Sealing {
  const key = Buffer.from(hkdfSync("sha256", masterKey, "", "deferred-sealing-1", 32));
  const bound = (place: readonly string[]) => Buffer.from(JSON.stringify(place));
  return {
    seal(text, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(bound(place));
      const parts = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return `${VERSION}.${Buffer.concat(parts).toString("base64url")}`;
    },

    open(sealed, place) {
      const [version, text = ""] = sealed.split(".");
      const bytes = Buffer.from(text, "base64url");
      if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) {
        throw new SealingError(
          `What is sealed for ${place.join(" ")} is not in a form known here.`,
        );
      }
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(bound(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const inside = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
        return Buffer.concat([decipher.update(inside), decipher.final()]).toString("utf8");
      } catch (cause) {
        const why = "it was sealed under another master key (DEFERRED_SECRET), or changed";
        throw new SealingError(`What is sealed for ${place.join(" ")} does not open: ${why}.`, {
          cause,
        });
      }
    },
  };
}
