import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { blankRoot } from "./root.ts";

/**
 * Mounts a machine's disk in `folder` and returns its path. A new disk begins as `of`, another machine's disk that
 * nothing writes to any more, by default the blank one. An overlay keeps the changes alone, where a copy of the
 * whole takes as long as a boot.
 */
export function attachDisk(folder: string, of?: string): string {
  const root = join(folder, "root");
  if (isMounted(root)) return root;
  const layersFile = join(folder, "layers");
  if (!existsSync(layersFile)) {
    for (const name of ["root", "changes", "work"]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    writeFileSync(layersFile, of === undefined ? blankRoot() : layersOf(of));
  }
  const layers = readFileSync(layersFile, "utf8");
  const changes = `upperdir=${join(folder, "changes")},workdir=${join(folder, "work")}`;
  const options = `lowerdir=${layers},${changes},index=off`;
  const mounted = spawnSync("mount", ["-t", "overlay", "overlay", "-o", options, root]);
  if (mounted.status !== 0) throw new Error(`no disk: ${String(mounted.stderr)}`);
  return root;
}

/** Unmounts the disk in `folder`, and keeps what is on it. */
export function detachDisk(folder: string): void {
  const root = join(folder, "root");
  // Its last processes may still be ending.
  if (isMounted(root)) spawnSync("umount", ["--lazy", root]);
}

/** Removes a machine's folder with its disk. */
export function removeMachineFolder(folder: string): void {
  detachDisk(folder);
  rmSync(folder, { recursive: true, force: true });
}

function layersOf(root: string): string {
  const folder = dirname(root);
  return `${join(folder, "changes")}:${readFileSync(join(folder, "layers"), "utf8")}`;
}

function isMounted(path: string): boolean {
  return readFileSync("/proc/self/mounts", "utf8").includes(` ${path} `);
}
