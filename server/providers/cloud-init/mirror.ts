import { openAsBlob } from "node:fs";
import type { Logger } from "pino";
import type { Storage } from "../../storage/storage.ts";
import { hashFile } from "./file-digest.ts";

/** An immutable file of the server. */
interface Mirrored {
  path: string;
  size: number;
}

/** Serves files to machines from storage, to save the server's bandwidth. */
export interface Mirror {
  /** The URL of the file in storage; undefined until it is uploaded, or if it is not public. */
  urlOf(file: Mirrored): string | undefined;
}

export interface MirrorOptions {
  storage: Storage;
  /** Base URL of objects for reading without a signature. */
  publicUrl: string;
  log: Logger;
  now: () => number;
}

const TYPE = "application/gzip";
/** Interval of checks, since storage removes objects after some days, these included. */
const CHECKED_MS = 60 * 60 * 1000;
const UPLOAD_S = 60 * 60;

/** Stores files under a key made from their digest. */
export function createMirror({ storage, publicUrl, log, now }: MirrorOptions): Mirror {
  const checked = new Map<string, { at: number; url: string | undefined }>();

  async function check({ path, size }: Mirrored): Promise<string> {
    const sha256 = await hashFile(path);
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
          // Logged once, not at each check.
          if (known && known.url === undefined) return;
          log.warn({ err: error }, "machines load Node from this server, not from storage");
        },
      );
      return known?.url;
    },
  };
}
