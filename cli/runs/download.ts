import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { paths } from "../../protocol/paths.ts";
import { RunViewSchema, type Artifact } from "../../protocol/run.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { makeFolder } from "../../server/settings/private-files.ts";
import { connect, type Client } from "../api/client.ts";
import { CliError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { note, print, printJson } from "../terminal/print.ts";
import { readRunId } from "./run-id.ts";

export function download(command: Command): CommandUnknownOpts {
  return command
    .description(
      "RUN is an id or the address of a run's page; NAME is an artifact, or a folder of them (default: all). They go " +
        "below a folder named by the run's id, replace what is there by their name, and their paths are printed.",
    )
    .argument("<RUN>")
    .argument("[NAME...]")
    .option("--to <FOLDER>", "Save them below this folder instead")
    .option("--json", "Print JSON: the paths")
    .addHelpText(
      "after",
      examples(
        "deferred download 4Yb1fMkq0sC8wz0R7hJd2Q",
        "deferred download 4Yb1fMkq0sC8wz0R7hJd2Q report.html --to .",
      ),
    )
    .action(async (run, names, { to, json }) => {
      const client = await connect();
      const id = readRunId(run, client.serverUrl);
      const { ending } = await client.call(paths.run(id), RunViewSchema);
      if (!ending) {
        throw new CliError("the run has not ended", {
          hint: `deferred logs -f ${id} waits for it`,
        });
      }
      const wanted = selectArtifacts(ending.artifacts, names);
      if (wanted.length === 0) note("the run left no artifacts");
      // By default into a new folder: a run of somebody else's may call a file what it likes.
      const folder = resolve(to ?? id);
      const files: string[] = [];
      for (const artifact of wanted) {
        const file = await save(client, artifact, folder);
        files.push(file);
        if (!json) print(file);
      }
      if (json) printJson({ files });
    });
}

function selectArtifacts(
  artifacts: readonly Artifact[],
  names: readonly string[],
): readonly Artifact[] {
  if (names.length === 0) return artifacts;
  const isNamed = ({ name }: Artifact, by: string) =>
    name === by || name.startsWith(`${by.replace(/\/$/, "")}/`);
  const missing = names.find((name) => !artifacts.some((artifact) => isNamed(artifact, name)));
  if (missing === undefined) {
    return artifacts.filter((artifact) => names.some((name) => isNamed(artifact, name)));
  }
  const there = artifacts.map(({ name }) => plainLine(name)).join(", ") || "none";
  throw new CliError(`the run has no artifact ${missing}`, { hint: `there are: ${there}` });
}

/** Writes beside and renames, so that a file is whole. Resolves with its path. */
async function save(client: Client, { name, url, sha256 }: Artifact, folder: string) {
  const file = resolve(folder, name);
  if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
    throw new CliError(
      `the artifact ${plainLine(name)} is not saved: it would be outside of ${folder}`,
    );
  }
  const part = `${file}.part`;
  try {
    await makeFolder(dirname(file), 0o777);
    const response = await client.open(url);
    const hash = createHash("sha256");
    const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(response.body ?? [], hashed, createWriteStream(part));
    if (hash.digest("hex") !== sha256) {
      throw new CliError(`${plainLine(name)} is not what the run left: its digest differs`, {
        hint: "try again",
        exitCode: EXIT.refused,
      });
    }
    await rename(part, file);
    return file;
  } catch (error) {
    await rm(part, { force: true }).catch(() => {}); // The first failure is reported.
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    throw new CliError(`${path} can't be written (${code})`, { cause: error });
  }
}
