import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Logger } from "pino";
import type { Storage } from "../../storage/storage.ts";

/** A file of the server's that never changes. */
export interface Mirrored {
  path: string;
  size: number;
}

/** Where machines find files beside the server, whose own line they would share. */
export interface Mirror {
  /** An address of the file; undefined until it is there, and where nobody may read it. */
  urlOf(file: Mirrored): string | undefined;
}

export interface MirrorOptions {
  storage: Storage;
  /** Where objects are read without a signature. */
  publicUrl: string;
  log: Logger;
  now: () => number;
}

const TYPE = "application/gzip";
/** Storage removes results after some days, and these with them: they are looked up again. */
const CHECKED_MS = 60 * 60 * 1000;
const UPLOAD_S = 60 * 60;

/** Keeps files in storage under a key of their digest. */
export function createMirror({ storage, publicUrl, log, now }: MirrorOptions): Mirror {
  const checked = new Map<string, { at: number; url: string | undefined }>();

  async function check({ path, size }: Mirrored): Promise<string> {
    const sha256 = await digestOf(path);
    const key = `results/machine/${sha256}.gz`;
    if ((await storage.stat(key))?.size !== size) {
      const facts = { size, type: TYPE, sha256 };
      const { url, headers } = await storage.presignPut(key, facts, UPLOAD_S);
      const body = await openAsBlob(path);
      const signal = AbortSignal.timeout(UPLOAD_S * 1000);
      const put = await fetch(url, { method: "PUT", headers, body, signal });
      if (!put.ok) throw new Error(`storage answered ${put.status} to an upload`);
    }
    const url = `${publicUrl}/${key}`;
    const head = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(30_000) });
    if (!head.ok) throw new Error(`${url} answers ${head.status}`);
    return url;
  }

  return {
    urlOf(file) {
      const known = checked.get(file.path);
      if (known && now() - known.at < CHECKED_MS) return known.url;
      checked.set(file.path, { at: now(), url: known?.url });
      check(file).then(
        (url) => checked.set(file.path, { at: now(), url }),
        (error: unknown) => {
          checked.set(file.path, { at: now(), url: undefined });
          // Once, and not each hour.
          if (known && known.url === undefined) return;
          log.warn({ err: error }, "machines load Node from this server, not from storage");
        },
      );
      return known?.url;
    },
  };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
