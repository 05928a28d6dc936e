import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { paths } from "../../protocol/paths.ts";
import { RunViewSchema, type Artifact } from "../../protocol/run.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { makeFolder } from "../../server/settings/private-files.ts";
import { connect, type Client } from "../client.ts";
import { CliError } from "../cli-error.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { note, print, printJson } from "../print.ts";
import { runId } from "./run-id.ts";

export const download: Command = {
  name: "download",
  usage: "RUN [NAME …] [options]",
  summary: "Save the artifacts of a run that has ended.",
  details: [
    "RUN is an id or the address of a run's page; NAME is an artifact, or a folder of them (default: all). They go\n" +
      "below a folder of the run's id, in the place of what is there by their name, and their paths are printed.",
  ],
  options: {
    to: { type: "string", value: "FOLDER", help: "Save them below this folder instead" },
    json: { type: "boolean", help: "As JSON: the paths" },
  },
  examples: [
    "deferred download 4Yb1fMkq0sC8wz0R7hJd2Q",
    "deferred download 4Yb1fMkq0sC8wz0R7hJd2Q report.html --to .",
  ],
  async run(args) {
    const [run, ...names] = args.positionals;
    if (run === undefined) throw args.wrong("download needs a run's id");
    const client = await connect(args);
    const id = runId(run, args, client);
    const { ending } = await client.call(paths.run(id), RunViewSchema);
    if (!ending) {
      throw new CliError("the run has not ended", { hint: `deferred logs -f ${id} waits for it` });
    }
    const wanted = chosen(ending.artifacts, names);
    if (wanted.length === 0) note("the run left no artifacts");
    // Without the name the folder is a new one: a run of somebody else's may call a file what it likes.
    const folder = resolve(args.text("to") ?? id);
    const files: string[] = [];
    for (const artifact of wanted) {
      const file = await save(client, artifact, folder);
      files.push(file);
      if (!args.flag("json")) print(file);
    }
    if (args.flag("json")) printJson({ files });
  },
};

function chosen(artifacts: readonly Artifact[], names: readonly string[]): readonly Artifact[] {
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

/** Nothing is there by its name before it is there whole. Resolves with the file's path. */
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
    await rm(part, { force: true }).catch(() => {}); // What went wrong first is what is told.
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    throw new CliError(`${path} can't be written (${code})`, { cause: error });
  }
}
