import { read } from "node:fs";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import type { CollectedArtifact } from "../artifacts/collect.ts";
import { refuseOpenHttp } from "../process/launch-file.ts";
import { untilAnswered } from "./retry.ts";
import type { ServerClient } from "./server-client.ts";

/** How long an upload is retried: a restart of the server or a storage hiccup takes no longer. */
const PATIENCE_MS = 30_000;
const AT_ONE_TIME = 4;
/** The slowest line to allow for, so that a large file does not time out. */
const BYTES_PER_MS = 500;
const LEAST_MS = 30_000;
const PART_BYTES = 64 * 1024;
const readPart = promisify(read);

/** An open file to upload, and its size. */
export type Uploaded = Pick<CollectedArtifact, "fd" | "size">;

/** Where one artifact is to go, and how. */
export interface Upload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Uploads each artifact to its address. Throws the last error of an upload that failed. Once settled it reads no
 * artifact any more: their descriptors may be closed.
 */
export async function uploadAll(
  client: ServerClient,
  serverUrl: string,
  artifacts: readonly Uploaded[],
  uploads: readonly Upload[],
  signal: AbortSignal,
): Promise<void> {
  if (uploads.length !== artifacts.length) {
    throw new Error(`${artifacts.length} artifacts were given ${uploads.length} uploads`);
  }
  const left = artifacts.map((artifact, index) => ({ artifact, upload: uploads[index]! }));
  const failed = new AbortController();
  const ending = AbortSignal.any([signal, failed.signal]);
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { artifact, upload } = next;
      const url = new URL(upload.url, `${serverUrl}/`).href;
      refuseOpenHttp(url);
      await untilAnswered(
        () =>
          client.put(url, upload.headers, streamFile(artifact), artifact.size, {
            signal: ending,
            timeoutMs: LEAST_MS + artifact.size / BYTES_PER_MS,
          }),
        ending,
        { limitMs: PATIENCE_MS },
      );
    }
  };
  const workers = Array.from({ length: AT_ONE_TIME }, () =>
    worker().catch((error: unknown) => failed.abort(error)),
  );
  await Promise.all(workers);
  ending.throwIfAborted();
}

/** A stream of a file's content that never closes the file. */
function streamFile(artifact: Uploaded): Readable {
  return Readable.from(readParts(artifact), { objectMode: false });
}

async function* readParts({ fd, size }: Uploaded): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const part = Buffer.allocUnsafe(Math.min(PART_BYTES, size - at));
    const { bytesRead } = await readPart(fd, part, 0, part.length, at);
    if (bytesRead === 0) throw new Error("an artifact became shorter");
    yield part.subarray(0, bytesRead);
    at += bytesRead;
  }
}
