import type { StreamName } from "../../protocol/events.ts";
import type { OutputChunk } from "../../protocol/responder.ts";

/** Characters of text in one chunk at most, so that a batch stays within its bound however it is escaped. */
const CHUNK_CHARACTERS = 128 * 1024;

/**
 * One stream of a program's output, kept within a limit. A part is the output of a step that runs beside others, by
 * the step's number; 0: the output of all others, one after another.
 */
export interface CutStream {
  /** The text to send now: all input while the first half of the limit lasts. */
  write(bytes: Buffer, part?: number): string;
  /**
   * The retained output of a part that ended: all of it where there is room, else its end in half of the room, with
   * the bytes left out before it. Some room is always kept for the parts that follow.
   */
  endPart(part?: number): EndedPart;
  /** The retained ends of all parts, with the bytes left out before each. */
  end(): EndedPart;
}

export interface EndedPart {
  chunks: OutputChunk[];
  cut: number;
}

interface Part {
  readonly decoder: TextDecoder;
  tail: Ring | undefined;
}

/**
 * Passes the first half of `limit` bytes and retains the last half of the rest: a long output loses its middle. Never
 * splits a character; invalid UTF-8 becomes U+FFFD.
 */
export function cutStream(stream: StreamName, limit: number): CutStream {
  const headLimit = Math.ceil(limit / 2);
  const parts = new Map<number, Part>();
  /** Bytes for the retained ends of parts. */
  let room = limit - headLimit;
  let reserve = Math.floor(limit / 16);
  let passed = 0;
  let headIsOver = false;

  const partOf = (number: number): Part => {
    const known = parts.get(number);
    if (known) return known;
    const made = { decoder: newDecoder(), tail: undefined };
    parts.set(number, made);
    return made;
  };
  const retain = (part: Part, bytes: Buffer) => {
    if (bytes.length > 0) (part.tail ??= new Ring(room)).write(bytes);
  };

  /** What is left of a part; `mostOf` says how many bytes its end may have. */
  const take = (number: number, mostOf: (tail: Ring) => number) => {
    const part = parts.get(number);
    parts.delete(number);
    if (!part) return { chunks: [], cut: 0, bytes: 0 };
    const rest = splitChunks(stream, part.decoder.decode(), 0);
    const { tail } = part;
    if (!tail) return { chunks: named(rest, number), cut: 0, bytes: 0 };
    const { chunks, ...ended } = lastBytes(tail, mostOf(tail));
    return { ...ended, chunks: named([...rest, ...chunks], number) };
  };

  return {
    write(bytes, number = 0) {
      const part = partOf(number);
      if (headIsOver) {
        retain(part, bytes);
        return "";
      }
      const left = headLimit - passed;
      if (bytes.length <= left) {
        passed += bytes.length;
        return part.decoder.decode(bytes, { stream: true });
      }
      headIsOver = true;
      // A character that the limit would split passes whole, up to three bytes past it.
      let end = left;
      while (end < bytes.length && end < left + 3 && isContinuation(bytes[end]!)) end++;
      retain(part, bytes.subarray(end));
      return part.decoder.decode(bytes.subarray(0, end));
    },
    endPart(number = 0) {
      const { bytes, ...ended } = take(number, ({ lost }) =>
        lost > 0 ? Math.ceil(room / 2) : room,
      );
      if (bytes > 0) {
        room = Math.max(room - bytes, reserve);
        reserve = Math.floor(reserve / 2);
      }
      return ended;
    },
    end() {
      const all: EndedPart = { chunks: [], cut: 0 };
      for (const number of [...parts.keys()]) {
        const { chunks, cut, bytes } = take(number, () => room);
        room = Math.max(0, room - bytes);
        all.chunks.push(...chunks);
        all.cut += cut;
      }
      return all;
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
    const text = newDecoder().decode(kept);
    return { chunks: splitChunks(stream, text, cut), cut, bytes: kept.length };
  }
}

function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

/** Chunks with the step that printed them, if it ran beside others. */
function named(chunks: OutputChunk[], step: number): OutputChunk[] {
  return step === 0 ? chunks : chunks.map((chunk) => ({ ...chunk, step }));
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
