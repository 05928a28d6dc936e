import { close as closeCallback, constants, open as openCallback } from "node:fs";
import { promisify } from "node:util";

const open = promisify(openCallback);
export const close = promisify(closeCallback);

/** Opens one name below an open folder; undefined where there is none, or it is a link. */
export async function openBelow(
  parent: number,
  name: string,
  flags: number,
): Promise<number | undefined> {
  try {
    const path = `/proc/self/fd/${parent}/${name}`;
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | flags);
  } catch {
    return undefined;
  }
}

/** Opens a path below an open folder, no part of which may be a link. */
export async function openPath(folder: number, path: string): Promise<number | undefined> {
  let fd = await openBelow(folder, ".", constants.O_DIRECTORY);
  for (const part of path.split("/").filter(Boolean)) {
    if (fd === undefined) return undefined;
    // Without O_NONBLOCK, opening a pipe waits for its other end.
    const next = await openBelow(fd, part, constants.O_NONBLOCK);
    await close(fd);
    fd = next;
  }
  return fd;
}
