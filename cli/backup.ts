import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { removeSnapshot } from "../server/operate/backup/snapshots.ts";
import { dataFolder, type DataFolder } from "../server/settings/data-folder.ts";
import { readSettings } from "../server/settings/settings.ts";
import { settingsOrExplain } from "./author.ts";
import { CliError } from "./cli-error.ts";
import type { Command } from "./command.ts";
import { snapshotOf } from "./snapshot.ts";
import { print } from "./print.ts";

/** What can be made again, or is of this machine alone, is left out. */
const KEPT = ["secret", "owner-token", "receipt-key.json", "keys", "scripts", "storage"];

/** A backup that goes on writes all the time: one that did not for so long was cut off, and would block each later one. */
const FORGOTTEN_MS = 60 * 60 * 1000;

export const backup: Command = {
  name: "backup",
  usage: "FILE [options]",
  summary: "Write all that a server keeps into one file, while it runs.",
  details: [
    "FILE is a gzipped tar of the data folder: the database as it is at one moment, keys, secrets, results and\n" +
      "artifacts. Who has it has every secret: it is readable by you alone, keep it so. To restore, unpack it into an\n" +
      "empty folder and start the server there: docs/operate.md. This runs on the server's own machine, as its user.",
  ],
  options: {
    "no-results": {
      type: "boolean",
      help: "Leave results and artifacts out: they may be many",
    },
  },
  examples: [
    "deferred backup /backups/deferred-$(date +%F).tar.gz",
    "deferred backup a.tgz --no-results",
  ],
  async run(args) {
    const file = resolve(args.only("a file to write"));
    const settings = settingsOrExplain(() => readSettings(process.env));
    const folder = dataFolder(settings.data);
    const part = `${file}.part`;
    const left = await stat(part).catch(() => undefined);
    if (left && Date.now() - left.mtimeMs > FORGOTTEN_MS) await rm(part, { force: true });
    // Before anything is copied: whose it is already is left alone.
    const begun = await open(part, "wx", 0o600).catch(explainFile(file));
    try {
      const kept = args.flag("no-results") ? KEPT.filter((name) => name !== "storage") : KEPT;
      const snapshot = await snapshotOf(args, folder);
      try {
        await pack(part, folder, snapshot, await present(folder, kept));
      } finally {
        await removeSnapshot(join(folder.root, snapshot));
      }
      await begun.sync();
      await rename(part, file);
    } finally {
      await begun.close();
      await rm(part, { force: true });
    }
    print(`${file}  ${megabytes((await stat(file)).size)}`);
    if (settings.secret !== undefined) {
      print("DEFERRED_SECRET is not in it: keep that as well, apart.");
    }
    if (settings.storage === "s3") {
      print(`Results are in the bucket ${settings.s3.bucket}, not in it.`);
    }
  },
};

async function present(folder: DataFolder, names: readonly string[]): Promise<string[]> {
  const there = await readdir(folder.root);
  return names.filter((name) => there.includes(name));
}

async function pack(
  file: string,
  folder: DataFolder,
  snapshot: string,
  names: readonly string[],
): Promise<void> {
  const rename = `s|^${snapshot.replace(".", "\\.")}$|${basename(folder.database)}|`;
  const options = ["--create", "--gzip", "--file", file, "--directory", folder.root];
  // What comes and goes meanwhile is no part of what the database knows.
  options.push("--exclude=storage/parts", "--warning=no-file-removed", "--warning=no-file-changed");
  const child = spawn("tar", [...options, `--transform=${rename}`, snapshot, ...names], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(child, "close").catch((cause: unknown) => {
    throw new CliError("tar could not be started", { hint: "install GNU tar", cause });
  })) as [number | null];
  // 1: some file changed or went while it was read.
  if (code === 0 || code === 1) return;
  throw new CliError(`tar failed (${code}), so there is no backup`);
}

function explainFile(file: string) {
  return (cause: NodeJS.ErrnoException): never => {
    if (cause.code === "EEXIST") {
      throw new CliError(`${file}.part is there: another backup is being written`, {
        hint: `remove it if there is none`,
        cause,
      });
    }
    throw new CliError(`${file} can't be written (${cause.code})`, { cause });
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
