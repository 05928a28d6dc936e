import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it, unless told otherwise for their owner alone. Step by step: Node's own recursive call never
 * returns where a file system such as /proc denies that a folder's parent exists.
 */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  const above = dirname(path);
  if (above !== path) await makeFolder(above, mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (await isFolder(path)) return;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The text of a file that is made once: what it holds already, else what `make` gives. Mode 0600, its
 * folder 0700. Never half written, and two that make it at once end with the same text.
 */
export async function madeOnce(path: string, make: () => Promise<string>): Promise<string> {
  const existing = await readIfThere(path);
  if (existing !== undefined) return existing;
  await makeFolder(dirname(path));
  const part = `${path}.${randomBytes(6).toString("hex")}`;
  // Flushed before it has its name: a power cut leaves no empty secret.
  await writeFile(part, await make(), { mode: 0o600, flag: "wx", flush: true });
  try {
    await link(part, path); // Unlike rename, it fails where another was first.
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(part, { force: true });
  }
  return readFile(path, "utf8");
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
