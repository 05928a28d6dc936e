import type { StreamName } from "../../protocol/events.ts";
import type { OutputChunk } from "../../protocol/responder.ts";

/** Characters of text in one chunk at most, so that a batch stays within its bound however it is escaped. */
const CHUNK_CHARACTERS = 128 * 1024;

/** One stream of a program's output, kept within a limit. */
export interface CutStream {
  /** The text to send now: all input while the first half of the limit lasts. */
  write(bytes: Buffer): string;
  /**
   * The retained output of one part, such as a step: all of it where there is room, else its end in half of the room,
   * with the bytes left out before it. Some room is always kept for the parts that follow.
   */
  endPart(): { chunks: OutputChunk[]; cut: number };
  /** The retained end of the output, with the bytes left out before it. */
  end(): { chunks: OutputChunk[]; cut: number };
}

/**
 * Passes the first half of `limit` bytes and retains the last half of the rest: a long output loses its middle. Never
 * splits a character; invalid UTF-8 becomes U+FFFD.
 */
export function cutStream(stream: StreamName, limit: number): CutStream {
  const headLimit = Math.ceil(limit / 2);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let tail = new Ring(limit - headLimit);
  let reserve = Math.floor(limit / 16);
  let passed = 0;
  let headIsOver = false;

  return {
    write(bytes) {
      if (headIsOver) {
        tail.write(bytes);
        return "";
      }
      const room = headLimit - passed;
      if (bytes.length <= room) {
        passed += bytes.length;
        return decoder.decode(bytes, { stream: true });
      }
      headIsOver = true;
      // A character that the limit would split passes whole, up to three bytes past it.
      let end = room;
      while (end < bytes.length && end < room + 3 && isContinuation(bytes[end]!)) end++;
      tail.write(bytes.subarray(end));
      return decoder.decode(bytes.subarray(0, end));
    },
    endPart() {
      if (!headIsOver || tail.written === 0) return { chunks: [], cut: 0 };
      const room = tail.size;
      const ended = lastBytes(tail, tail.lost > 0 ? Math.ceil(room / 2) : room);
      tail = new Ring(Math.max(room - ended.bytes, reserve));
      reserve = Math.floor(reserve / 2);
      return ended;
    },
    end() {
      if (!headIsOver) return { chunks: splitChunks(stream, decoder.decode(), 0), cut: 0 };
      return lastBytes(tail, tail.size);
    },
  };

  /** The last `most` bytes of a ring. */
  function lastBytes(ring: Ring, most: number) {
    const held = ring.read();
    let start = Math.max(0, held.length - most);
    const lost = ring.lost + start;
    const first = start;
    if (lost > 0) while (start < first + 3 && isContinuation(held[start] ?? 0)) start++;
    const kept = held.subarray(start);
    const cut = ring.lost + start;
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(kept);
    return { chunks: splitChunks(stream, text, cut), cut, bytes: kept.length };
  }
}

/** Text in chunks of a bounded size; the first carries the number of bytes cut before it. */
export function splitChunks(stream: StreamName, text: string, cut: number): OutputChunk[] {
  const chunks: OutputChunk[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + CHUNK_CHARACTERS, text.length);
    if (isHighSurrogate(text.charCodeAt(end - 1)) && end < text.length) end--;
    chunks.push({ stream, text: text.slice(start, end) });
    start = end;
  }
  if (cut > 0) chunks[0] = { stream, text: "", ...chunks[0], cut };
  return chunks;
}

/** A ring buffer of the last `size` bytes written. */
class Ring {
  readonly #bytes: Buffer;
  #written = 0;

  constructor(size: number) {
    this.#bytes = Buffer.alloc(size);
  }

  get size(): number {
    return this.#bytes.length;
  }

  get written(): number {
    return this.#written;
  }

  /** Bytes that were written over. */
  get lost(): number {
    return Math.max(0, this.#written - this.#bytes.length);
  }

  write(bytes: Buffer): void {
    const size = this.#bytes.length;
    const last = bytes.subarray(Math.max(0, bytes.length - size));
    const at = (this.#written + bytes.length - last.length) % (size || 1);
    const fitting = last.copy(this.#bytes, at);
    last.copy(this.#bytes, 0, fitting);
    this.#written += bytes.length;
  }

  read(): Buffer {
    const size = this.#bytes.length;
    if (this.#written <= size) return this.#bytes.subarray(0, this.#written);
    const at = this.#written % (size || 1);
    return Buffer.concat([this.#bytes.subarray(at), this.#bytes.subarray(0, at)]);
  }
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
