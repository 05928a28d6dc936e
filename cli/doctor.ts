import { join } from "node:path";
import { findingsOf, type Finding } from "../server/providers/ec2/account/doctor/finding.ts";
import { removeSnapshot } from "../server/operate/backup/snapshots.ts";
import { dataFolder, type DataFolder } from "../server/settings/data-folder.ts";
import type { ServerSettings } from "../server/main.ts";
import { SettingsError } from "../server/settings/settings.ts";
import { CliError } from "./cli-error.ts";
import type { Arguments, Command } from "./command.ts";
import { printFindings } from "./findings.ts";
import { snapshotOf } from "./snapshot.ts";
import { trySandbox } from "./try-sandbox.ts";

export const doctor: Command = {
  name: "doctor",
  usage: "[options]",
  summary: "Check a server's machine, and say what to do.",
  details: [
    "Looks at settings, data folder, database, clock, sandbox, storage, mail and the public address, whether or not\n" +
      "the server runs. Run it on the server's own machine, as its user and with its settings. It writes one result\n" +
      "and removes it, and changes nothing else. Exit status 1: something failed. An AWS account has its own: deferred\n" +
      "aws doctor.",
  ],
  options: { json: { type: "boolean", help: "As JSON" } },
  examples: ["deferred doctor", "DEFERRED_DATA=/var/lib/deferred deferred doctor --json"],
  async run(args) {
    args.none();
    return printFindings(findings(args), args.flag("json"));
  },
};

async function* findings(args: Arguments): AsyncGenerator<Finding> {
  const about = findingsOf("settings");
  const { readServerSettings } = await import("../server/main.ts");
  let settings: ServerSettings;
  try {
    settings = readServerSettings(process.env);
    yield about.ok("they have no mistakes");
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const fix = "correct this variable: the rest is checked once all are right";
    for (const mistake of error.mistakes) yield about.failed(mistake, fix);
    return;
  }
  const folder = dataFolder(settings.data);
  const { checkFolder, checkClock } = await import("../server/operate/doctor/folder.ts");
  const { checkAddress, checkMail, checkStorage } =
    await import("../server/operate/doctor/parts.ts");
  const { greetMailServer, openStorage } = await import("../server/operate/own-machine.ts");
  yield* checkFolder(folder);
  yield* checkDatabase(args, folder);
  yield* checkClock(folder, Date.now());
  yield* checkSandbox(settings);
  yield* checkStorage(openStorage(settings, folder));
  yield* checkMail(settings, greetMailServer);
  yield* checkAddress(settings, folder);
}

/** A copy is looked at: nobody else may open the database of a server that runs. */
async function* checkDatabase(args: Arguments, folder: DataFolder): AsyncGenerator<Finding> {
  const about = findingsOf("database");
  let snapshot: string | undefined;
  try {
    snapshot = await snapshotOf(args, folder);
    const { checkDatabase: mistakesOf } = await import("../server/operate/own-machine.ts");
    const mistakes = mistakesOf(join(folder.root, snapshot));
    yield mistakes.length === 0
      ? about.ok("it is sound")
      : about.failed(
          `it is broken: ${mistakes[0]}`,
          "stop the server, keep the folder as it is, and restore a backup into another",
        );
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    yield about.failed(error.message, error.hint ?? "look at the server's log");
  } finally {
    if (snapshot !== undefined) await removeSnapshot(join(folder.root, snapshot));
  }
}

async function* checkSandbox({ provider }: ServerSettings): AsyncGenerator<Finding> {
  const about = findingsOf("sandbox");
  if (!provider.sharesHost) {
    yield about.skipped("machines are elsewhere, and check theirs when they boot");
    return;
  }
  try {
    await trySandbox();
    yield about.ok("a program was started in one");
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    yield about.failed(error.message, error.hint ?? "install bubblewrap");
  }
}
