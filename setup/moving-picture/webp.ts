/** A picture that covers a part of the frame before it. */
export interface Frame {
  /** Even numbers: the format counts in pairs of pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** A still WebP without transparency. */
  webp: Buffer;
  /** How long it is shown, ms. */
  shownMs: number;
}

const ANIMATED = 0x02;
/** Replaces the pixels below it, and stays for the next frame. */
const OVERWRITE = 0x02;
/** The RIFF header with the name of the format. */
const HEADER_BYTES = 12;

/** An animated WebP that plays `frames` for ever. The first one has the size of the whole. */
export function animatedWebp(frames: readonly Frame[]): Buffer {
  const [{ width, height } = { width: 1, height: 1 }] = frames;
  const size = Buffer.concat([uint24(width - 1), uint24(height - 1)]);
  return chunk(
    "RIFF",
    Buffer.concat([
      Buffer.from("WEBP", "latin1"),
      chunk("VP8X", Buffer.concat([Buffer.from([ANIMATED, 0, 0, 0]), size])),
      chunk("ANIM", Buffer.alloc(6)),
      ...frames.map((frame) =>
        chunk(
          "ANMF",
          Buffer.concat([
            ...[frame.x / 2, frame.y / 2, frame.width - 1, frame.height - 1].map(uint24),
            uint24(Math.round(frame.shownMs)),
            Buffer.from([OVERWRITE]),
            pixelsOf(frame.webp),
          ]),
        ),
      ),
    ]),
  );
}

/** The chunk of a still picture that holds its pixels. */
function pixelsOf(webp: Buffer): Buffer {
  for (let at = HEADER_BYTES; at < webp.length;) {
    const bytes = 8 + webp.readUInt32LE(at + 4);
    const end = at + bytes + (bytes % 2);
    if (/^VP8[ L]$/.test(webp.toString("latin1", at, at + 4))) return webp.subarray(at, end);
    at = end;
  }
  throw new Error("the browser made a picture without pixels");
}

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(name, "latin1"), length, data, Buffer.alloc(data.length % 2)]);
}

function uint24(value: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(value, 0, 3);
  return bytes;
}
