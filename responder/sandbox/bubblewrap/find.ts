import { accessSync, constants } from "node:fs";

const PATHS = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"];

/** Path of this machine's bubblewrap; undefined where it has none. */
export function findBubblewrap(paths: readonly string[] = PATHS): string | undefined {
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
