import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { hashFile } from "./file-digest.ts";
import type { Mirror } from "./mirror.ts";

/** A file that a machine has to have, as the manifest names it. */
export interface MachineFile {
  name: "node" | "responder.mjs";
  /** Of the file itself; of an `archive`, of the archive. */
  sha256: string;
  /** How it comes: as it is, compressed, or as `bin/NAME` in an archive. */
  form: "plain" | "gzip" | "archive";
  /** Absolute, or from the server's own. */
  url: string;
  /** Where it is to be looked for first. */
  mirror?: string | undefined;
}

export interface MachineFilesOptions {
  /** The responder as one file. */
  bundle: string;
  /** The Node that machines get: the server's own executable. */
  node: string;
  /** Its architecture, as Node names it; undefined where it does not run on Linux, as machines do. */
  arch: string | undefined;
  /** Where Node for another architecture comes from. */
  otherNode: { url: string; sha256: string } | undefined;
  /** The folder for what is compressed once. */
  cache: string;
  /** Keeps Node, which is large, elsewhere as well. */
  mirror?: Mirror | undefined;
}

/** A file as it is sent. */
interface Sent {
  size: number;
  read(): Readable;
}

export type MachineFiles = ReturnType<typeof machineFiles>;

/** What machines load from the server: read, hashed and compressed when it is first asked for. */
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
      // Kept: the file may be of another version by the time it is asked for.
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
    /** What a machine of `machineArch` needs; undefined where there is no Node for it. */
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

/** The same promise for all who ask; a failure is not kept. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

/** Compresses `path` into `target`, unless it is there; those of other versions of Node go. */
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
