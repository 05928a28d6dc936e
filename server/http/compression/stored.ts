import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Context } from "hono";
import { type Coding, negotiate } from "./encoding.ts";

/** A file that never changes. */
export interface StoredFile {
  type: string;
  etag: string;
  plain: Bytes;
  /** The file in a coding. It is compressed at the first call: Brotli's best quality slows down a server's start. */
  coded(coding: Coding): Promise<Bytes>;
}

type Bytes = Buffer<ArrayBuffer>;

/** `digest` identifies the content in every coding. */
export function storeFile(text: string, type: string, digest: string): StoredFile {
  const plain = Buffer.from(text);
  const kept = new Map<Coding, Promise<Bytes>>();
  return {
    type,
    // A weak tag, since the codings differ in bytes and contain the same text.
    etag: `W/"${digest}"`,
    plain,
    coded(coding) {
      const coded = kept.get(coding) ?? COMPRESS[coding](plain);
      kept.set(coding, coded);
      return coded;
    },
  };
}

const COMPRESS: Record<Coding, (plain: Bytes) => Promise<Bytes>> = {
  br: (plain) =>
    promisify(brotliCompress)(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
  gzip: (plain) => promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }),
};

/** Answers with the file in the coding that the caller prefers, or with 304 if its copy is current. */
export async function sendFile(
  c: Context,
  file: StoredFile,
  headers: Record<string, string>,
): Promise<Response> {
  const all = {
    ...headers,
    "content-type": file.type,
    "x-content-type-options": "nosniff",
    etag: file.etag,
    vary: "accept-encoding",
  };
  if (isKnown(c, file.etag)) return c.body(null, 304, all);
  const coding = negotiate(c.req.header("accept-encoding"));
  if (coding === undefined) return c.body(file.plain, 200, all);
  return c.body(await file.coded(coding), 200, { ...all, "content-encoding": coding });
}

/** Whether If-None-Match contains `etag`, by the weak comparison of RFC 9110 8.8.3.2. */
export function isKnown(c: Context, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  const known = c.req.header("if-none-match")?.split(",") ?? [];
  return known.some((tag) => opaque(tag) === opaque(etag));
}
