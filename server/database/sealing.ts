import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { ApiError } from "../../protocol/deferred-error.ts";

/** Encrypts texts. A reader of the database alone gets none of them, and a swapped row does not open. */
export interface Sealing {
  /** `place` names the text, such as project, kind and name: it opens nowhere else. */
  seal(text: string, place: readonly string[]): string;
  /** Throws `sealed_otherwise` where the place or the key is another, or the text was changed. */
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
        throw sealedOtherwise(place, "its form is not known here");
      }
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(bound(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const inside = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
        return Buffer.concat([decipher.update(inside), decipher.final()]).toString("utf8");
      } catch (cause) {
        const why = "it was sealed under another master key (DEFERRED_SECRET), or changed";
        throw sealedOtherwise(place, why, cause);
      }
    },
  };
}

function sealedOtherwise(place: readonly string[], why: string, cause?: unknown): ApiError {
  const message = `The sealed text of ${place.join(" ")} does not open: ${why}.`;
  return new ApiError("sealed_otherwise", undefined, { message, cause });
}
