import type { StreamName } from "../../protocol/events.ts";
import type { OnOutput } from "../sandbox/result.ts";

/** A shorter one would be found in half of all words. */
const LEAST_BYTES = 4;
const MASK = Buffer.from("***");

/** Replaces secrets in output by `***`. */
export interface Masked {
  readonly write: OnOutput;
  /** Writes the retained bytes, which may have been the beginning of a secret. */
  flush(): void;
  bytes(bytes: Buffer): Buffer;
  text(text: string): string;
}

/** Replaces each value, and each line of a multi-line value, by `***`. */
export function masked(values: readonly string[], onOutput: OnOutput): Masked {
  const lines = values.flatMap((value) => [value, ...value.split(/\r?\n/)]);
  const secrets = [...new Set(lines)]
    .map((line) => Buffer.from(line))
    .filter(({ length }) => length >= LEAST_BYTES)
    // The longest first: one may begin with another.
    .toSorted((a, b) => b.length - a.length);
  const held: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  const flush = () => {
    for (const stream of ["stdout", "stderr"] as const) {
      const { passed } = mask(held[stream], secrets, true);
      held[stream] = Buffer.alloc(0);
      if (passed.length > 0) onOutput(stream, passed);
    }
  };
  const whole = (bytes: Buffer) => mask(bytes, secrets, true).passed;
  return {
    flush,
    bytes: whole,
    text: (text) => whole(Buffer.from(text)).toString(),
    write(stream, bytes) {
      if (secrets.length === 0) return onOutput(stream, bytes);
      const { passed, kept } = mask(Buffer.concat([held[stream], bytes]), secrets, false);
      held[stream] = kept;
      if (passed.length > 0) onOutput(stream, passed);
    },
  };
}

/** The bytes to write, and those retained because a secret may begin in them; none at the end. */
function mask(
  bytes: Buffer,
  secrets: readonly Buffer[],
  isEnd: boolean,
): { passed: Buffer; kept: Buffer } {
  const parts: Buffer[] = [];
  /** The next position of each secret, searched again only once it was passed. */
  const next = secrets.map((secret) => bytes.indexOf(secret));
  let from = 0;
  let begun = isEnd ? bytes.length : beginning(bytes, 0, secrets);
  for (;;) {
    let first: { at: number; length: number } | undefined;
    for (const [index, secret] of secrets.entries()) {
      if (next[index]! >= 0 && next[index]! < from) next[index] = bytes.indexOf(secret, from);
      const at = next[index]!;
      if (at >= 0 && at < (first?.at ?? begun)) first = { at, length: secret.length };
    }
    if (first === undefined) {
      parts.push(bytes.subarray(from, begun));
      const passed = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      return { passed, kept: bytes.subarray(begun) };
    }
    parts.push(bytes.subarray(from, first.at), MASK);
    from = first.at + first.length;
    if (from > begun) begun = beginning(bytes, from, secrets);
  }
}

/** Where the first secret may begin that goes on after the end; the end where none may. */
function beginning(bytes: Buffer, from: number, secrets: readonly Buffer[]): number {
  let first = bytes.length;
  for (const secret of secrets) {
    const start = Math.max(from, bytes.length - secret.length + 1);
    for (let at = bytes.indexOf(secret[0]!, start); at >= 0 && at < first;) {
      if (bytes.subarray(at).equals(secret.subarray(0, bytes.length - at))) first = at;
      at = bytes.indexOf(secret[0]!, at + 1);
    }
  }
  return first;
}
