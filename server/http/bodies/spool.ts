import { randomBytes } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "hono";
import { makeFolder } from "../../settings/private-files.ts";
import { bodyChunks, expectedBytes } from "./read.ts";

/** A body that was received and is not trusted yet. */
export interface SpooledBody {
  /** Reads all of it into memory; call it after the body was verified. */
  bytes(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes of a body that stay in memory; the rest is spooled to a file. */
const MEMORY_BYTES = 1024 * 1024;
/** Bytes that are written to the file in one call. */
const AT_ONCE_BYTES = 256 * 1024;

/**
 * Receives a body of up to `maxBytes` in little memory, and calls `look` with each chunk. Throws `ApiError`.
 */
export async function spoolBody(
  c: Context,
  maxBytes: number,
  look: (chunk: Uint8Array) => void,
): Promise<SpooledBody> {
  const { memory, disk, folder } = c.var.body;
  const expected = expectedBytes(c, maxBytes);
  const inFile = expected > MEMORY_BYTES;
  memory.take(inFile ? AT_ONCE_BYTES : expected);
  if (inFile) disk.take(expected);
  const file = inFile ? await openNameless(folder) : undefined;
  const close = async () => file?.close();
  let chunks: Uint8Array[] = [];
  let unwritten = 0;
  let size = 0;
  const writeOut = async () => {
    if (!file || unwritten === 0) return;
    await writeAll(file, chunks);
    chunks = [];
    unwritten = 0;
  };
  try {
    for await (const chunk of bodyChunks(c, maxBytes)) {
      look(chunk);
      chunks.push(chunk);
      size += chunk.length;
      unwritten += chunk.length;
      if (unwritten >= AT_ONCE_BYTES) await writeOut();
    }
    await writeOut();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    bytes: async () => (file ? readAll(file, size) : Buffer.concat(chunks)),
    close,
  };
}

/** An unlinked file: the system deletes it when it is closed or the process dies. */
async function openNameless(folder: string): Promise<FileHandle> {
  await makeFolder(folder);
  const path = join(folder, `body-${randomBytes(12).toString("hex")}`);
  const file = await open(path, "wx+", 0o600);
  await rm(path).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  return file;
}

async function readAll(file: FileHandle, size: number): Promise<Uint8Array> {
  const whole = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(whole, at, size - at, at);
    if (bytesRead === 0) throw new Error("A body's file is shorter than the body was.");
    at += bytesRead;
  }
  return whole;
}

async function writeAll(file: FileHandle, chunks: Uint8Array[]): Promise<void> {
  let left = chunks.reduce((size, chunk) => size + chunk.length, 0);
  while (left > 0) {
    const { bytesWritten } = await file.writev(chunks);
    left -= bytesWritten;
    // A disk that is almost full takes less than all of it.
    if (left > 0) chunks = [Buffer.concat(chunks).subarray(bytesWritten)];
  }
}
