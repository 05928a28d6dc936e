import { lstatSync, opendirSync, type Stats } from "node:fs";

/**
 * Whether a program left no file in `artifacts` and no `value.json` in its working directory, given as a descriptor.
 * Takes 0.1 ms, so that a program without results costs no search. Called after the program has died.
 */
export function isWithoutResults(folder: number): boolean {
  try {
    return (
      statOf(`/proc/self/fd/${folder}/value.json`) === undefined &&
      isEmptyOrMissing(`/proc/self/fd/${folder}/artifacts`)
    );
  } catch {
    return false; // The search says what is wrong.
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Sandboxes start with an empty folder. Reads one entry: a program may have left a million. */
function isEmptyOrMissing(path: string): boolean {
  const stat = statOf(path);
  if (stat === undefined) return true;
  if (!stat.isDirectory()) return false;
  const folder = opendirSync(path, { bufferSize: 1 });
  try {
    return folder.readSync() === null;
  } finally {
    folder.closeSync();
  }
}
