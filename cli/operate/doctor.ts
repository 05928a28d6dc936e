import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findingsOf, type Finding } from "../../server/operate/doctor/finding.ts";
import { dataFolder, type DataFolder } from "../../server/settings/data-folder.ts";
import type { ServerSettings } from "../../server/main.ts";
import { SettingsError } from "../../server/settings/settings.ts";
import { CliError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT } from "../command/options.ts";
import { printFindings } from "./findings.ts";
import { withSnapshot } from "./snapshot.ts";
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
  const machine = await import("../../server/operate/own-machine.ts");
  yield* machine.checkFolder(folder);
  yield await checkDatabase(folder, machine.checkDatabase);
  yield* machine.checkClock(folder, Date.now());
  yield await checkSandbox(settings);
  yield checkDocuments(settings);
  yield* machine.checkStorage(await machine.openStorage(settings, folder));
  yield* machine.checkMail(settings, machine.greetMailServer);
  yield* machine.checkPublicUrl(settings, folder);
}

/** Checks a copy: a running server has its database to itself. */
async function checkDatabase(
  folder: DataFolder,
  findFaults: (file: string) => readonly string[],
): Promise<Finding> {
  const about = findingsOf("database");
  try {
    const find = async (name: string) => findFaults(join(folder.root, name));
    const faults = await withSnapshot(folder, find, { onlyChecked: true });
    if (faults.length === 0) return about.ok("it is sound");
    return about.failed(
      `it is broken: ${faults[0]}`,
      "stop the server, keep the folder as it is, and restore a backup into another",
    );
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return about.failed(error.message, error.hint ?? "look at the server's log");
  }
}

/** Debian's WeasyPrint. */
const WEASYPRINT = "/usr/lib/python3/dist-packages/weasyprint";

function checkDocuments({ provider }: ServerSettings): Finding {
  const about = findingsOf("PDF files");
  if (!provider.sharesHost) return about.skipped("machines are elsewhere, with programs of theirs");
  if (existsSync(WEASYPRINT)) return about.ok("blocks in Python make them with WeasyPrint");
  return about.skipped(
    "blocks make none of pages, for want of WeasyPrint (apt-get install weasyprint)",
  );
}

async function checkSandbox({ provider }: ServerSettings): Promise<Finding> {
  const about = findingsOf("sandbox");
  if (!provider.sharesHost) {
    return about.skipped("machines are elsewhere, and check theirs when they boot");
  }
  try {
    const slow = await trySandbox();
    if (slow === undefined) return about.ok("a program was started in one");
    return about.ok(`a program was started in one, by bubblewrap, which takes longer: ${slow}`);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return about.failed(error.message, error.hint ?? "install bubblewrap");
  }
}
