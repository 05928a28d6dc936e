import { statfsSync } from "node:fs";

/** Kernel memory per file besides its contents: an inode and a name. */
const INODE_BYTES = 1024;

/**
 * Bytes of memory that the files below `folders` take, each a tmpfs of its own as process `top` sees it:
 * they belong to no process, and a million empty ones are a gigabyte.
 */
export function countMemoryFiles(top: number, folders: readonly string[]): number {
  let bytes = 0;
  for (const folder of folders) {
    try {
      const { blocks, bfree, bsize, files, ffree } = statfsSync(`/proc/${top}/root${folder}`);
      bytes += (blocks - bfree) * bsize + (files - ffree) * INODE_BYTES;
    } catch {
      // It has just ended.
    }
  }
  return bytes;
}
