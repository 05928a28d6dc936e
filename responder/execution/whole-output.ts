import { createHash, randomUUID } from "node:crypto";
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_OUTPUT_FILE_BYTES } from "../../protocol/sizes.ts";
import type { CollectedArtifact } from "../artifacts/collect.ts";

/** A program's output in a file, both streams as they came. */
export type OutputFile = Pick<CollectedArtifact, "fd" | "size" | "sha256">;

export interface WholeOutput {
  write(bytes: Buffer): void;
  /** Hands the file over to the caller, who closes it; undefined where there is none. Later writes are ignored. */
  take(): OutputFile | undefined;
  /** Closes a file that was not taken. */
  close(): void;
}

/**
 * Keeps the first `most` bytes of the output: up to `limit` in memory, which is enough for most programs, then in an
 * unlinked file. If the disk is full, no output is kept.
 */
export function wholeOutput(limit: number, most = MAX_OUTPUT_FILE_BYTES): WholeOutput {
  const hash = createHash("sha256");
  let held: Buffer[] = [];
  let size = 0;
  let fd: number | undefined;
  let failed = false;

  const close = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    held = [];
    failed = true;
  };

  return {
    write(bytes) {
      const part = bytes.subarray(0, most - size);
      if (failed || part.length === 0) return;
      size += part.length;
      hash.update(part);
      try {
        if (fd === undefined && size <= limit) {
          // Copied: the reader reuses its buffer.
          held.push(Buffer.from(part));
          return;
        }
        fd ??= openNameless();
        for (const one of held.splice(0)) writeAll(fd, one);
        writeAll(fd, part);
      } catch {
        // A disk that is full: the run goes on without it.
        close();
      }
    },
    take() {
      if (fd === undefined) return undefined;
      const file = { fd, size, sha256: hash.digest("hex") };
      fd = undefined;
      close();
      return file;
    },
    close,
  };
}

function openNameless(): number {
  const path = join(tmpdir(), `deferred-output-${randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return fd;
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
