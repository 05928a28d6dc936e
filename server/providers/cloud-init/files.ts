import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { hashFile } from "./file-digest.ts";
import type { Mirror } from "./mirror.ts";

/** A file that machines need, as the manifest lists it. */
export interface MachineFile {
  name: "node" | "responder.mjs";
  /** Digest of the uncompressed file; for an `archive`, of the archive. */
  sha256: string;
  /** The encoding of the download: plain, compressed, or `bin/NAME` in an archive. */
  form: "plain" | "gzip" | "archive";
  /** Absolute, or relative to the server's URL. */
  url: string;
  /** URL to try first. */
  mirror?: string | undefined;
}

export interface MachineFilesOptions {
  /** The responder as one file. */
  bundle: string;
  /** The Node that machines get: the server's own executable. */
  node: string;
  /** Its architecture, in Node's terms; undefined if it is not a Linux executable, as machines need. */
  arch: string | undefined;
  /** The download of Node for another architecture. */
  otherNode: { url: string; sha256: string } | undefined;
  /** Folder for compressed files. */
  cache: string;
  /** Serves Node, which is large, from storage as well. */
  mirror?: Mirror | undefined;
}

/** The encoded content of a download. */
interface Sent {
  size: number;
  read(): Readable;
}

export type MachineFiles = ReturnType<typeof machineFiles>;

/** The files that machines load from the server. They are read, hashed and compressed on first use. */
export function machineFiles(options: MachineFilesOptions) {
  const { bundle, node, arch, otherNode, cache, mirror } = options;
  const stored = new Map<string, Sent>();
  const offer = (name: MachineFile["name"], form: MachineFile["form"], sha256: string) => ({
    name,
    form,
    sha256,
    url: `/v1/machine/files/${sha256}/${name}`,
  });

  const responder = once(async (): Promise<MachineFile> => {
    const content = await readFile(bundle);
    const sha256 = createHash("sha256").update(content).digest("hex");
    stored.set(`${sha256}/responder.mjs`, {
      size: content.length,
      // Kept in memory, since an upgrade may replace the file before it is requested.
      read: () => Readable.from([content]),
    });
    return offer("responder.mjs", "plain", sha256);
  });

  const ownNode = once(async () => {
    const sha256 = await hashFile(node);
    const path = await compressed(node, join(cache, `node-${sha256}.gz`));
    const { size } = await stat(path);
    stored.set(`${sha256}/node`, { size, read: () => createReadStream(path) });
    return { offered: offer("node", "gzip", sha256), path, size };
  });

  async function mirroredNode(): Promise<MachineFile> {
    const { offered, ...file } = await ownNode();
    return { ...offered, mirror: mirror?.urlOf(file) };
  }

  return {
    /** The files for a machine of `machineArch`; undefined if there is no Node for it. */
    async manifest(machineArch: string): Promise<MachineFile[] | undefined> {
      if (machineArch === arch) return Promise.all([mirroredNode(), responder()]);
      if (!otherNode) return undefined;
      return [{ name: "node", form: "archive", ...otherNode }, await responder()];
    },

    async open(sha256: string, name: string): Promise<Sent | undefined> {
      await (name === "node" ? ownNode() : responder());
      return stored.get(`${sha256}/${name}`);
    },
  };
}

/** Memoizes the promise of `make`; a failed call is repeated. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

/** Compresses `path` into `target` unless that exists, and removes those of other versions of Node. */
async function compressed(path: string, target: string): Promise<string> {
  if (await exists(target)) return target;
  const folder = join(target, "..");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const part = `${target}.${process.pid}`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(part, { mode: 0o600 }));
  await rename(part, target);
  for (const name of await readdir(folder)) {
    const other = join(folder, name);
    if (/^node-[0-9a-f]{64}\.gz$/.test(name) && other !== target) await rm(other);
  }
  return target;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
