import { createHash, createHmac, randomBytes, randomFillSync, timingSafeEqual } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

const ID_BYTES = 16;
/** Random bytes for the next ids: a call for each id costs ten times as much. */
const random = Buffer.alloc(256 * ID_BYTES);
let used = random.length;

/** 128 random bits as 26 unambiguous characters that are safe in paths and file names. */
export function newId(): string {
  if (used + ID_BYTES > random.length) {
    randomFillSync(random);
    used = 0;
  }
  let id = "";
  let bits = 0;
  let value = 0;
  for (const end = used + ID_BYTES; used < end; used++) {
    value = (value << 8) | random[used]!;
    random[used] = 0;
    for (bits += 8; bits >= 5; bits -= 5) id += ALPHABET[(value >> (bits - 5)) & 31];
    value &= 31;
  }
  return id + ALPHABET[(value << (5 - bits)) & 31];
}

/** A new secret of 256 random bits. It is shown to its owner once. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64url");
}

/** HMAC-SHA-256 over unambiguously delimited parts, base64url. */
export function hmac(secret: string, ...parts: string[]): string {
  return createHmac("sha256", secret).update(JSON.stringify(parts)).digest("base64url");
}

/** Constant-time comparison of two secrets. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(
    createHash("sha256").update(a).digest(),
    createHash("sha256").update(b).digest(),
  );
}
