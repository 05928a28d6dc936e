import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { dataFolder, type DataFolder } from "../../server/settings/data-folder.ts";
import { readSettings } from "../../server/settings/settings.ts";
import { explainSettings } from "../api/author.ts";
import { CliError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { withSnapshot } from "./snapshot.ts";
import { print } from "../terminal/print.ts";

/** The rest can be made again, or belongs to this machine alone. */
const KEPT = ["secret", "owner-token", "receipt-key.json", "keys", "scripts", "storage"];

/** A partial file that was not written for so long belongs to an interrupted backup. */
const STALE_MS = 60 * 60 * 1000;

export function backup(command: Command): CommandUnknownOpts {
  return command
    .description(
      "FILE is a gzipped tar of the data folder: the database as it is at one moment, keys, secrets, results and " +
        "artifacts. It holds every secret: it is readable by you alone, keep it so. To restore, unpack it into an " +
        "empty folder and start the server there: docs/operate.md. This runs on the server's own machine, as its user.",
    )
    .argument("<FILE>")
    .option("--no-results", "Leave results and artifacts out: they may be many")
    .addHelpText(
      "after",
      examples(
        "deferred backup /backups/deferred-$(date +%F).tar.gz",
        "deferred backup a.tgz --no-results",
      ),
    )
    .action(async (name, { results }) => {
      const file = resolve(name);
      const settings = explainSettings(() => readSettings(process.env));
      await writeBackup(file, dataFolder(settings.data), results);
      print(`${file}  ${formatMegabytes((await stat(file)).size)}`);
      if (settings.secret !== undefined) {
        print("DEFERRED_SECRET is not in it: keep that as well, apart.");
      }
      if (settings.storage === "s3") {
        print(`Results are in the bucket ${settings.s3.bucket}, not in it.`);
      }
    });
}

async function writeBackup(file: string, folder: DataFolder, results: boolean): Promise<void> {
  const part = `${file}.part`;
  const left = await stat(part).catch(() => undefined);
  if (left && Date.now() - left.mtimeMs > STALE_MS) await rm(part, { force: true });
  // Exclusive, before anything is copied: another backup's file is left alone.
  const begun = await open(part, "wx", 0o600).catch(explainFile(file));
  try {
    const kept = results ? KEPT : KEPT.filter((one) => one !== "storage");
    await withSnapshot(folder, async (snapshot) =>
      pack(part, folder, snapshot, await selectPresent(folder, kept)),
    );
    await begun.sync();
    await rename(part, file);
  } finally {
    await begun.close();
    await rm(part, { force: true });
  }
}

async function selectPresent(folder: DataFolder, names: readonly string[]): Promise<string[]> {
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
  // Files that come and go meanwhile are not in the database yet.
  options.push("--exclude=storage/parts", "--warning=no-file-removed", "--warning=no-file-changed");
  const child = spawn("tar", [...options, `--transform=${rename}`, snapshot, ...names], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = (await once(child, "close").catch((cause: unknown) => {
    throw new CliError("tar could not be started", { hint: "install GNU tar", cause });
  })) as [number | null];
  // 1: a file changed or was removed while it was read.
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

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
