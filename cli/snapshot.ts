import { access, readdir } from "node:fs/promises";
import { paths } from "../protocol/paths.ts";
import { BackupSchema } from "../protocol/projects.ts";
import type { DataFolder } from "../server/settings/data-folder.ts";
import { CliError } from "./cli-error.ts";
import { connect } from "./client.ts";
import type { Arguments } from "./command.ts";
import { EXIT } from "./exit-codes.ts";

/** The name of a copy of the database in its folder, made by the server where it runs, else here. */
export async function snapshotOf(args: Arguments, folder: DataFolder): Promise<string> {
  await access(folder.database).catch((cause: unknown) => {
    throw new CliError(`${folder.root} holds no server's data`, {
      hint: "set DEFERRED_DATA to the server's data folder",
      cause,
    });
  });
  const client = await connect(args);
  try {
    const { snapshot } = await client.call(paths.backups, BackupSchema, { method: "POST" });
    if ((await readdir(folder.root)).includes(snapshot)) return snapshot;
    throw new CliError(`the server at ${client.url} has another data folder than ${folder.root}`, {
      hint: "run this on the server's own machine, with its DEFERRED_DATA",
    });
  } catch (error) {
    if (!(error instanceof CliError && error.exitCode === EXIT.unreachable)) throw error;
  }
  const { copyDatabase } = await import("../server/operate/own-machine.ts");
  return copyDatabase(folder).catch((cause: unknown) => {
    throw new CliError(`the database of ${folder.root} can't be opened (${String(cause)})`, {
      hint: `if a server uses it, which does not answer at ${client.url}: set DEFERRED_URL to where it is, or stop it`,
      cause,
    });
  });
}
