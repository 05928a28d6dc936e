import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { join } from "node:path";
import { findingsOf, type Finding } from "../../server/operate/doctor/finding.ts";
import { removeSnapshot } from "../../server/operate/backup/snapshots.ts";
import { dataFolder, type DataFolder } from "../../server/settings/data-folder.ts";
import type { ServerSettings } from "../../server/main.ts";
import { SettingsError } from "../../server/settings/settings.ts";
import { CliError } from "../command/cli-error.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT } from "../command/options.ts";
import { printFindings } from "./findings.ts";
import { makeSnapshot } from "./snapshot.ts";
import { trySandbox } from "../serve/try-sandbox.ts";

export function doctor(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Checks settings, data folder, database, clock, sandbox, storage, mail and the public address, whether or not " +
        "the server runs. Run it on the server's own machine, as its user and with its settings. It writes one result " +
        "and removes it, and changes nothing else. Exit status 1: something failed. For an AWS account there is " +
        "deferred aws doctor.",
    )
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred doctor", "DEFERRED_DATA=/var/lib/deferred deferred doctor --json"),
    )
    .action(async ({ json = false }) => {
      process.exitCode = await printFindings(checkMachine(), json);
    });
}

async function* checkMachine(): AsyncGenerator<Finding> {
  const about = findingsOf("settings");
  const { readServerSettings } = await import("../../server/main.ts");
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
  const { checkFolder, checkClock } = await import("../../server/operate/doctor/folder.ts");
  const { checkPublicUrl, checkMail, checkStorage } =
    await import("../../server/operate/doctor/parts.ts");
  const { greetMailServer, openStorage } = await import("../../server/operate/own-machine.ts");
  yield* checkFolder(folder);
  yield* checkDatabase(folder);
  yield* checkClock(folder, Date.now());
  yield* checkSandbox(settings);
  yield* checkStorage(openStorage(settings, folder));
  yield* checkMail(settings, greetMailServer);
  yield* checkPublicUrl(settings, folder);
}

/** Checks a copy: a running server has its database to itself. */
async function* checkDatabase(folder: DataFolder): AsyncGenerator<Finding> {
  const about = findingsOf("database");
  let snapshot: string | undefined;
  try {
    snapshot = await makeSnapshot(folder);
    const { checkDatabase: mistakesOf } = await import("../../server/operate/own-machine.ts");
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
