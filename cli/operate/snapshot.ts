import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { paths } from "../../protocol/paths.ts";
import { BackupSchema } from "../../protocol/projects.ts";
import type { DataFolder } from "../../server/settings/data-folder.ts";
import { CliError } from "../errors/cli-error.ts";
import { connect } from "../api/client.ts";
import { EXIT } from "../errors/exit-codes.ts";

/**
 * Calls `use` with the name of a copy of the database in its folder, then removes the copy. Throws `CliError`. With
 * `onlyChecked` the server does not count it as a backup.
 */
export async function withSnapshot<Value>(
  folder: DataFolder,
  use: (name: string) => Promise<Value>,
  { onlyChecked = false } = {},
): Promise<Value> {
  const name = await makeSnapshot(folder, onlyChecked);
  try {
    return await use(name);
  } finally {
    const { removeSnapshot } = await ownMachine();
    await removeSnapshot(join(folder.root, name));
  }
}

/** Loaded on demand: it brings the database's and storage's drivers. */
const ownMachine = () => import("../../server/operate/own-machine.ts");

/** The server copies its database while it runs. Otherwise it is copied here. */
async function makeSnapshot(folder: DataFolder, onlyChecked: boolean): Promise<string> {
  await access(folder.database).catch((cause: unknown) => {
    throw new CliError(`${folder.root} holds no server's data`, {
      hint: "set DEFERRED_DATA to the server's data folder",
      cause,
    });
  });
  const client = await connect();
  try {
    const path = paths.backups + (onlyChecked ? "?for=check" : "");
    const { snapshot } = await client.call(path, BackupSchema, { method: "POST" });
    if ((await readdir(folder.root)).includes(snapshot)) return snapshot;
    throw new CliError(
      `the server at ${client.serverUrl} has another data folder than ${folder.root}`,
      {
        hint: "run this on the server's own machine, with its DEFERRED_DATA",
      },
    );
  } catch (error) {
    if (!(error instanceof CliError && error.exitCode === EXIT.unreachable)) throw error;
  }
  const { copyDatabase } = await ownMachine();
  return copyDatabase(folder).catch((cause: unknown) => {
    throw new CliError(`the database of ${folder.root} can't be opened (${String(cause)})`, {
      hint: `if a server uses it, which does not answer at ${client.serverUrl}: set DEFERRED_URL to where it is, or stop it`,
      cause,
    });
  });
}
