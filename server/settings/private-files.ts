import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";

/**
 * Creates a folder and its parents, by default accessible only to their owner. Not with Node's `recursive`, which never
 * returns on a file system such as /proc that denies that a folder's parent exists.
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
 * Reads a file, or creates it with the result of `make` (mode 0600, its folder 0700). Atomic: the file is never half
 * written, and two concurrent callers get the same text.
 */
export async function madeOnce(path: string, make: () => Promise<string>): Promise<string> {
  const existing = await readIfThere(path);
  if (existing !== undefined) return existing;
  await makeFolder(dirname(path));
  const part = `${path}.${randomBytes(6).toString("hex")}`;
  // Flushed before it is linked, so that a power cut leaves no empty secret.
  await writeFile(part, await make(), { mode: 0o600, flag: "wx", flush: true });
  try {
    await link(part, path); // Unlike rename, it fails if the file exists.
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
