import { relative } from "node:path";
import { Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, seconds } from "../command/options.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { note, print, printJson, tell } from "../terminal/print.ts";
import { plural } from "../terminal/plural.ts";
import { LOCK_NAME } from "./lock.ts";
import type { SiteProblem } from "./problem.ts";
import { checkNetworks, signFolder, writeFolder, type SignedFolder } from "./sign-folder.ts";
import { recordBlocks } from "./record.ts";
import { openSite, type Site } from "./site.ts";

/** `deferred sign site`. */
export function signSite(): CommandUnknownOpts {
  return createCommand("site", "Sign the marked blocks of a built site's pages")
    .description(
      [
        'A block is marked by data-deferred="cache=1h" on its pre or around it, by the class run beside its ' +
          "language, by <!-- deferred: cache=1h --> before it, or by <deferred-runner> around it. The words of a mark " +
          "are the options of deferred sign without dashes.",
        `Tokens are kept in ${LOCK_NAME}; commit it. A build without the key uses them, and a second run changes ` +
          "nothing. If a block can't be signed, nothing is written, and the exit status is 65.",
      ].join("\n\n"),
    )
    .argument("<FOLDER>", "Folder of the built pages: _site, public, dist, build")
    .option("--aud <URL>", "The server that may run them (default: as before, else this one)")
    .option("--no-aud", "Let any server that knows the key run them")
    .option("--project <OWNER/NAME>", "Who signs (default: as before, else local/demo)")
    .option("--key <KID>", "With which key (default: $DEFERRED_SIGNING_KEY, else the newest)")
    .option("--defaults <WORDS>", "A mark for all blocks, such as 'cache=1h show=table'")
    .option("--root <FOLDER>", "Folder of the files that marks name, and of the lock (default: .)")
    .option("--lock <FILE>", `Where tokens are kept (default: ${LOCK_NAME})`)
    .option("--script <URL>", "The element's script (default: the server's)")
    .option("--no-script", "Do not add the script: the site's template has it")
    .option("--expires-within <TIME>", "Sign again what is valid for no longer than that", seconds)
    .option("--renew", "Sign every block again, as after its key was revoked")
    .option("--prune", "Remove blocks from the lock that are on no page")
    .addOption(
      new Option(
        "--record [WHICH]",
        "Run blocks on the server, and put what they print into pages and lock (default: changed)",
      )
        .choices(["changed", "all"] as const)
        .preset("changed" as const),
    )
    .option("--dry-run", "Say what would be signed, and write nothing")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "hugo && deferred sign site public --project ada/blog --aud https://runner.example",
        "deferred sign site _site",
        "deferred sign site _site --record",
        "deferred sign site dist --expires-within 30d --prune",
      ),
    )
    .action(async (folder, options) => {
      const site = openSite({ ...options, expiresWithinS: options.expiresWithin });
      const signed = signFolder(site, folder);
      await checkNetworks(site, signed);
      refuseProblems(signed.problems);
      const { record, dryRun = false } = options;
      if (record !== undefined && !dryRun) await recordFolder(site, folder, signed, record);
      const pruned = options.prune ? site.lock.prune() : 0;
      if (!dryRun) writeFolder(site, signed, { pruned: pruned > 0 });
      if (options.json) printJson(describeJson(signed, pruned));
      else printSummary(signed, dryRun);
      for (const text of signed.notes) note(text);
      if (pruned > 0) {
        note(`${plural(pruned, "block")} of no page ${dryRun ? "would leave" : "left"} the lock`);
      } else if (site.lock.unused > 0) {
        note(`the lock has ${plural(site.lock.unused, "block")} of no page: --prune removes them`);
      }
    });
}

/** Runs blocks, then reads the pages again with their output. */
async function recordFolder(
  site: Site,
  folder: string,
  signed: SignedFolder,
  which: "changed" | "all",
): Promise<void> {
  const { recorded, problems, notes } = await recordBlocks(site, signed.blocks, which);
  refuseProblems(problems);
  signed.notes.push(`recorded ${plural(recorded, "block")}`, ...notes);
  const again = signFolder(site, folder);
  refuseProblems(again.problems);
  signed.changed = again.changed;
}

/** Lists all problems. Throws `CliError` if there is one. */
function refuseProblems(problems: readonly SiteProblem[]): void {
  if (problems.length === 0) return;
  for (const { file, line, message, hint } of problems) {
    tell(`${file}:${line}: ${message}`, ...(hint === undefined ? [] : [`  hint: ${hint}`]));
  }
  throw new CliError(`${plural(problems.length, "problem")}, so nothing was written`, {
    exitCode: EXIT.refused,
    hint: "correct these lines, build the site, then sign it again",
  });
}

function printSummary({ pages, blocks, changed, notes }: SignedFolder, isDry: boolean): void {
  const fresh = blocks.filter(({ isNew }) => isNew);
  for (const { file, line, runtime, code } of fresh) {
    print(`${relative("", file)}:${line}  ${runtime}  ${firstLine(code)}`);
  }
  const counted = `${plural(blocks.length, "block")} on ${plural(pages, "page")}: ${fresh.length} new`;
  const wrote = isDry ? "would change" : "changed";
  print(`${counted}; ${plural(changed.length, "page")} ${wrote}`);
  if (blocks.length === 0 && notes.length === 0) {
    note(
      "no block is marked: put data-deferred on the pre of a code, or see deferred sign site --help",
    );
  }
}

function firstLine(code: string): string {
  const [line = ""] = code.split("\n");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function describeJson({ pages, blocks, changed, notes }: SignedFolder, pruned: number) {
  return {
    pages,
    changed: changed.map(({ path }) => path),
    blocks: blocks.map(({ file, line, runtime, block, isNew }) => ({
      file,
      line,
      runtime,
      block,
      new: isNew,
    })),
    pruned,
    notes,
  };
}
