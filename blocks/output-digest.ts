import { createHash } from "node:crypto";

/** Digest over a result's output, for its receipt. The lengths delimit the two streams. */
export function outputDigest(result: { stdout: string; stderr: string }): string {
  const hash = createHash("sha256");
  for (const text of [result.stdout, result.stderr]) {
    hash.update(`${Buffer.byteLength(text)}\n`).update(text);
  }
  return hash.digest("base64url");
}
