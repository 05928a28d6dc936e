import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { CliError } from "../errors/cli-error.ts";

/** A file's bytes, or standard input's for `-`. Throws `CliError`. */
export async function readBytes(name: string): Promise<Buffer> {
  if (name === "-") return buffer(process.stdin);
  return readFile(name).catch((cause: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = {
      ENOENT: "is not there",
      EACCES: "may not be read",
      EISDIR: "is a folder",
    };
    throw new CliError(`${name} ${reasons[cause.code ?? ""] ?? `can't be read (${cause.code})`}`, {
      cause,
    });
  });
}

/** The same as text. */
export async function readInputText(name: string): Promise<string> {
  return (await readBytes(name)).toString("utf8");
}
