import type { StreamName } from "../../protocol/events.ts";
import type { OnOutput } from "../sandbox/sandbox.ts";

/** A shorter one would be found in half of all words. */
const LEAST_BYTES = 4;
const MASK = Buffer.from("***");

/** Takes secrets out of what is said. */
export interface Masked {
  readonly write: OnOutput;
  /** Passes on what was kept back because it may have been a secret's beginning. */
  flush(): void;
  text(text: string): string;
}

/** What passes through has `***` in place of each of the values, and of each line of one that has several. */
export function masked(values: readonly string[], onOutput: OnOutput): Masked {
  const lines = values.flatMap((value) => [value, ...value.split(/\r?\n/)]);
  const secrets = [...new Set(lines)]
    .map((line) => Buffer.from(line))
    .filter(({ length }) => length >= LEAST_BYTES)
    // The longest first: one may begin with another.
    .toSorted((a, b) => b.length - a.length);
  const longest = secrets[0]?.length ?? 0;
  const held: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  const flush = () => {
    for (const stream of ["stdout", "stderr"] as const) {
      const bytes = replaced(held[stream], secrets);
      held[stream] = Buffer.alloc(0);
      if (bytes.length > 0) onOutput(stream, bytes);
    }
  };
  return {
    flush,
    text: (text) => replaced(Buffer.from(text), secrets).toString(),
    write(stream, bytes) {
      if (longest === 0) return onOutput(stream, bytes);
      const all = replaced(Buffer.concat([held[stream], bytes]), secrets);
      const kept = beginningOf(all, secrets, longest);
      held[stream] = all.subarray(all.length - kept);
      if (kept < all.length) onOutput(stream, all.subarray(0, all.length - kept));
    },
  };
}

function replaced(bytes: Buffer, secrets: readonly Buffer[]): Buffer {
  let rest = bytes;
  const parts: Buffer[] = [];
  for (;;) {
    let first: { at: number; length: number } | undefined;
    for (const secret of secrets) {
      const at = rest.indexOf(secret);
      if (at >= 0 && (first === undefined || at < first.at)) first = { at, length: secret.length };
    }
    if (first === undefined) break;
    parts.push(rest.subarray(0, first.at), MASK);
    rest = rest.subarray(first.at + first.length);
  }
  return parts.length === 0 ? bytes : Buffer.concat([...parts, rest]);
}

/** How many bytes at the end may be the beginning of a secret. */
function beginningOf(bytes: Buffer, secrets: readonly Buffer[], longest: number): number {
  for (let length = Math.min(longest - 1, bytes.length); length > 0; length--) {
    const tail = bytes.subarray(bytes.length - length);
    const begins = (secret: Buffer) =>
      secret.length > length && secret.subarray(0, length).equals(tail);
    if (secrets.some(begins)) return length;
  }
  return 0;
}
