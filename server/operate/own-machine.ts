import { newSnapshot } from "./backup/snapshots.ts";
import type { DataFolder } from "../settings/data-folder.ts";
import { checkSqlite, copySqlite } from "../database/sqlite.ts";
import { createMailer } from "../mail/mailer.ts";
import type { Settings } from "../settings/settings.ts";
import { createFsStorage } from "../storage/fs.ts";
import type { Storage } from "../storage/storage.ts";

/** Entry points for commands on the server's own machine that work whether or not the server runs. */
export { removeSnapshot } from "./backup/snapshots.ts";
export { checkClock, checkFolder } from "./doctor/folder.ts";
export { checkMail, checkPublicUrl, checkStorage } from "./doctor/parts.ts";

/** Copies the database within its folder and resolves with the copy's name. Fails while a server has the file locked. */
export const copyDatabase = (folder: DataFolder) =>
  newSnapshot(folder.root, (copy) => copySqlite(folder.database, copy));

/** Checks a database that no process has open. Returns its faults. */
export const checkDatabase = checkSqlite;

/** The storage of results, without signed addresses. */
export async function openStorage(settings: Settings, folder: DataFolder): Promise<Storage> {
  if (settings.storage === "s3") {
    return (await import("../storage/s3.ts")).createS3Storage(settings.s3);
  }
  const none = { uploadUrl: "", url: "", secret: "" };
  return createFsStorage({ ...none, folder: folder.storage, now: Date.now, beside: true });
}

/** Logs in to the mail server; rejects if it refuses the user. */
export async function greetMailServer(smtpUrl: string): Promise<void> {
  const mailer = await createMailer({ smtpUrl, from: undefined, url: "http://localhost" });
  await mailer.greet().finally(() => mailer.close());
}
