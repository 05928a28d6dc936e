import { fstat as fstatCallback, read as readCallback } from "node:fs";
import { lstat } from "node:fs/promises";
import { promisify } from "node:util";
import { MAX_VALUE_BYTES, parseValue } from "../../protocol/value.ts";
import { close, openPath } from "./open.ts";

const fstat = promisify(fstatCallback);
const read = promisify(readCallback);

/** The JSON that a program left in `value.json`, or a sentence that says why the file is none. */
export interface ValueFile {
  readonly value?: string;
  readonly value_problem?: string;
}

const NOT_A_FILE: ValueFile = { value_problem: "value.json is not a plain file." };

/** Reads `value.json` of a working directory, given as a descriptor, after the program has died. */
export async function readValue(folder: number): Promise<ValueFile> {
  const fd = await openPath(folder, "value.json");
  if (fd === undefined) return (await isLink(folder)) ? NOT_A_FILE : {};
  try {
    const stat = await fstat(fd);
    if (!stat.isFile()) return NOT_A_FILE;
    if (stat.size > MAX_VALUE_BYTES) return { value_problem: "value.json is larger than 64 KiB." };
    const bytes = Buffer.alloc(stat.size);
    const { bytesRead } = await read(fd, bytes, 0, stat.size, 0);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytesRead));
    const { problem } = parseValue(text);
    return problem === undefined ? { value: text } : { value_problem: problem };
  } catch {
    return { value_problem: "value.json is not UTF-8 text." };
  } finally {
    await close(fd);
  }
}

/** Links are never followed. */
function isLink(folder: number): Promise<boolean> {
  return lstat(`/proc/self/fd/${folder}/value.json`).then(
    () => true,
    () => false,
  );
}
