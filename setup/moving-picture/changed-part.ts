import type { Page } from "playwright-core";

export interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
  webp: Buffer;
}

/** The smallest rectangle of `after` that holds each change since `before`; undefined: there is none. */
export async function changedPart(
  page: Page,
  before: Buffer | undefined,
  after: Buffer,
): Promise<Part | undefined> {
  const pictures = [before ?? after, after].map((png) => png.toString("base64"));
  const part = await page.evaluate(cropToChange, { pictures, whole: before === undefined });
  return part && { ...part, webp: Buffer.from(part.webp, "base64") };
}

/** Runs in the page: the browser decodes and encodes pictures. */
async function cropToChange({ pictures, whole }: { pictures: string[]; whole: boolean }) {
  const bitmaps = await Promise.all(
    pictures.map(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      return createImageBitmap(new Blob([bytes], { type: "image/png" }));
    }),
  );
  const [{ width, height } = { width: 0, height: 0 }] = bitmaps;
  const [before, after] = bitmaps.map((bitmap) => {
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    return new Uint32Array(context?.getImageData(0, 0, width, height).data.buffer ?? []);
  });
  if (!before || !after) return undefined;
  let [left, top, right, bottom] = whole ? [0, 0, width, height] : [width, height, 0, 0];
  for (let at = 0; at < after.length; at++) {
    if (before[at] === after[at]) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  }
  if (right <= left) return undefined;
  [left, top] = [left - (left % 2), top - (top % 2)];
  const size = { width: right - left, height: bottom - top };
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext("2d", { alpha: false });
  const bitmap = bitmaps[1];
  if (bitmap) context?.drawImage(bitmap, -left, -top);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.92 });
  let binary = "";
  for (const byte of new Uint8Array(await blob.arrayBuffer())) binary += String.fromCharCode(byte);
  return { x: left, y: top, ...size, webp: btoa(binary) };
}
