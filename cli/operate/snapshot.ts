import { access, readdir } from "node:fs/promises";
import { paths } from "../../protocol/paths.ts";
import { BackupSchema } from "../../protocol/projects.ts";
import type { DataFolder } from "../../server/settings/data-folder.ts";
import { CliError } from "../command/cli-error.ts";
import { connect } from "../api/client.ts";
import { EXIT } from "../command/exit-codes.ts";

/** Copies the database within its folder: by the server if it runs, else here. Resolves with the copy's name. */
export async function makeSnapshot(folder: DataFolder): Promise<string> {
  await access(folder.database).catch((cause: unknown) => {
    throw new CliError(`${folder.root} holds no server's data`, {
      hint: "set DEFERRED_DATA to the server's data folder",
      cause,
    });
  });
  const client = await connect();
  try {
    const { snapshot } = await client.call(paths.backups, BackupSchema, { method: "POST" });
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
  const { copyDatabase } = await import("../../server/operate/own-machine.ts");
  return copyDatabase(folder).catch((cause: unknown) => {
    throw new CliError(`the database of ${folder.root} can't be opened (${String(cause)})`, {
      hint: `if a server uses it, which does not answer at ${client.serverUrl}: set DEFERRED_URL to where it is, or stop it`,
      cause,
    });
  });
}
