import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { storeFile } from "../../server/http/compression/stored.ts";

const run = promisify(execFile);

/** Packages of peers, at versions that were read before they were named here; never a dependency. */
const PEERS = {
  "codapi-js": { spec: "@antonz/codapi@0.19.10", files: ["dist/snippet.js", "dist/snippet.css"] },
  thebe: { spec: "thebe@0.9.3", files: ["lib/index.js", "lib/thebe.css"] },
};

export interface Peer {
  name: string;
  /** What a page loads before a press, at the least, by its path in the package. */
  files: Map<string, string>;
}

/** Fetches the peers by npm into a temporary folder. A peer that can't be fetched is left out. */
export async function fetchPeers(): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const [name, { spec, files }] of Object.entries(PEERS)) {
    const folder = await mkdtemp(join(tmpdir(), "deferred-peer-"));
    try {
      const { stdout } = await run("npm", ["pack", "--silent", spec], { cwd: folder });
      await run("tar", ["-xzf", stdout.trim()], { cwd: folder });
      const read = files.map(
        async (file) => [file, await readFile(join(folder, "package", file), "utf8")] as const,
      );
      peers.push({ name, files: new Map(await Promise.all(read)) });
    } catch (error) {
      const reason = (error as Error).message.split("\n")[0];
      process.stderr.write(`${name} could not be fetched: ${reason}\n`);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return peers;
}

/** Bytes of the peer's files, coded as our server codes its own. */
export async function peerBytes({ files }: Peer): Promise<number> {
  let bytes = 0;
  for (const text of files.values()) {
    bytes += (await storeFile(text, "text/plain", "").coded("br")).length;
  }
  return bytes;
}
