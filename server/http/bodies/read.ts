import type { Context } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { readChunks } from "../read-chunks.ts";
import type { LeastRate } from "./bodies.ts";

/** Bodies up to this size are read without a stream, which takes a third less time. */
const SMALL_BYTES = 64 * 1024;

/**
 * Reads a body of `maxBytes` at most. Unless the caller is `vouched` for, it counts against the memory for
 * unverified bodies, and has to arrive at the minimum rate. Throws `ApiError`.
 */
export async function bodyBytes(
  c: Context,
  maxBytes: number,
  { vouched = false } = {},
): Promise<Uint8Array> {
  const expected = expectedBytes(c, maxBytes);
  if (!vouched) c.var.body.memory.take(expected);
  if (isAnnounced(c) && (vouched || expected <= SMALL_BYTES)) {
    return readAtOnce(c, vouched ? undefined : c.var.body.rate);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyChunks(c, maxBytes, { vouched })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The same in chunks. A caller that keeps the chunks must count them itself. */
export async function* bodyChunks(
  c: Context,
  maxBytes: number,
  { vouched = false } = {},
): AsyncGenerator<Uint8Array> {
  const expected = expectedBytes(c, maxBytes);
  const watch = vouched ? undefined : watchRate(c.var.body.rate, expected);
  let size = 0;
  try {
    for await (const chunk of readChunks(c.req.raw.body, brokenOff(), watch?.slow)) {
      size += chunk.length;
      watch?.came(chunk.length);
      if (size > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
    if (watch?.slow.aborted) throw tooSlow();
  } finally {
    watch?.stop();
  }
}

async function readAtOnce(c: Context, rate: LeastRate | undefined): Promise<Uint8Array> {
  const whole = c.req.raw.arrayBuffer().catch(() => {
    throw brokenOff();
  });
  if (!rate) return new Uint8Array(await whole);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => void afterArrivals().then(() => late.reject(tooSlow())), rate.ms);
  try {
    return new Uint8Array(await Promise.race([whole, late.promise]));
  } finally {
    clearTimeout(timer);
  }
}

/** Aborts `slow` after a period below the minimum rate. A long body has to be fast enough to arrive within `wholeMs`. */
function watchRate({ bytes, ms, wholeMs }: LeastRate, expected: number) {
  const least = Math.max(bytes, (expected * ms) / wholeMs);
  const slow = new AbortController();
  let came = 0;
  const timer = setInterval(async () => {
    await afterArrivals();
    if (came < least) slow.abort();
    came = 0;
  }, ms);
  return {
    slow: slow.signal,
    came: (more: number) => void (came += more),
    stop: () => clearInterval(timer),
  };
}

/** Resolves after the event loop has read pending input, so that a busy process does not blame the sender. */
async function afterArrivals(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The body's size by Content-Length, else the maximum. Throws `body_too_large`. */
export function expectedBytes(c: Context, maxBytes: number): number {
  if (!isAnnounced(c)) return maxBytes;
  const announced = Number(c.req.header("content-length"));
  if (announced > maxBytes) throw tooLarge(maxBytes);
  return announced;
}

function isAnnounced(c: Context): boolean {
  return /^\d+$/.test(c.req.header("content-length") ?? "");
}

const brokenOff = () => new ApiError("body_not_json", "It broke off before its end.");
const tooSlow = () => new ApiError("body_too_slow");

function tooLarge(maxBytes: number): ApiError {
  return new ApiError("body_too_large", `At most ${maxBytes} bytes.`);
}
