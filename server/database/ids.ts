import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** 128 random bits as 26 characters that survive being read aloud, in a path and in a file's name. */
export function newId(): string {
  let bits = BigInt(`0x${randomBytes(16).toString("hex")}`);
  let id = "";
  for (let digit = 0; digit < 26; digit++) {
    id = ALPHABET[Number(bits & 31n)] + id;
    bits >>= 5n;
  }
  return id;
}

/** A secret that is shown once, 256 bits. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64url");
}

/** HMAC-SHA-256 over parts that can't run into one another, base64url. */
export function hmac(secret: string, ...parts: string[]): string {
  return createHmac("sha256", secret).update(JSON.stringify(parts)).digest("base64url");
}

/** Whether two secrets are equal, in a time that tells nothing of where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(
    createHash("sha256").update(a).digest(),
    createHash("sha256").update(b).digest(),
  );
}
