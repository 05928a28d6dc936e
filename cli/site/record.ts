import { createHash } from "node:crypto";
import { inspectBlock } from "../../blocks/inspect.ts";
import { paths } from "../../protocol/paths.ts";
import { ResultSchema, type Artifact, type Result } from "../../protocol/run.ts";
import { plainOutput } from "../../protocol/terminal-pieces.ts";
import { plainLine, withoutControls } from "../../protocol/terminal-text.ts";
import { fileSize } from "../../protocol/words.ts";
import { call, request } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { follow } from "../run/follow.ts";
import { cancelRun, submitRun } from "../run/submit.ts";
import { endSentence } from "../run/words.ts";
import type { Recorded } from "./lock-file.ts";
import type { SiteProblem } from "./problem.ts";
import type { SitePageBlock } from "./sign-folder.ts";
import type { Site } from "./site.ts";

/** As many as run at the same time. */
const LANES = 4;
/** Most characters of output on a page. */
const MAX_TEXT = 16_384;
/** Most bytes of one picture and of all of a block: they stand in the page and in the lock. */
const MAX_PICTURE_BYTES = 128 * 1024;
const MAX_PICTURES_BYTES = 256 * 1024;
const PICTURE = /^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/;

/**
 * Runs the blocks whose output is not recorded, or all of them, and puts their output into the lock. A block that
 * does not succeed is a problem.
 */
export async function recordBlocks(
  site: Site,
  blocks: readonly SitePageBlock[],
  which: "changed" | "all",
): Promise<{ recorded: number; problems: SiteProblem[]; notes: string[] }> {
  const wanted = new Map<string, SitePageBlock>();
  for (const block of blocks) {
    if (block.record && (which === "all" || !block.output)) wanted.set(block.block, block);
  }
  const serverUrl = site.server ?? site.author().serverUrl;
  const problems: SiteProblem[] = [];
  const notes: string[] = [];
  let recorded = 0;
  const rest = [...wanted.values()];
  const lane = async () => {
    for (let block = rest.shift(); block; block = rest.shift()) {
      const { file, line } = block;
      try {
        const { output, leftOut } = await record(serverUrl, block);
        site.lock.setOutput(block.block, output);
        recorded++;
        notes.push(...leftOut.map((what) => `${file}:${line}: ${what}`));
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        problems.push({ file, line, message: error.message, hint: error.hint });
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { recorded, problems, notes };
}

/** Throws `CliError` if the block can't be run, or does not succeed. */
async function record(serverUrl: string, { block, code, sent }: SitePageBlock) {
  const { origins } = inspectBlock(block).claims;
  const body = { block, code, ...sent };
  const run = await submitRun(serverUrl + paths.runs, { body, origin: origins?.[0] });
  const stop = new AbortController();
  try {
    for await (const event of follow(run, stop.signal)) {
      if (event.type === "ended") break;
    }
  } catch (error) {
    await cancelRun(serverUrl, run.id, run.cancel_token).catch(() => undefined);
    throw error;
  }
  const result = await call(run.result_url, ResultSchema);
  if (result.state !== "succeeded") throw failure(result);
  const { pictures, leftOut } = await fetchPictures(result.artifacts);
  const output: Recorded = {
    at: result.times.ended,
    text: shownText(result),
    ...(pictures.length > 0 && { pictures }),
  };
  return { output, leftOut };
}

function failure(result: Result): CliError {
  const last = result.stderr.trimEnd().split("\n").at(-1) ?? "";
  const said = last === "" ? "" : `: ${plainLine(last, 200)}`;
  return new CliError(`it can't be recorded. ${endSentence(result)}${said}`, {
    hint: "correct the program, or mark it record=no",
  });
}

/** Output as a terminal shows it at the end, without colours, cut in the middle. */
function shownText({ stdout, stderr }: Result): string {
  const text = [stdout, stderr]
    .filter((part) => part !== "")
    .map((part) => withoutControls(plainOutput(part)).replace(/\n?$/, "\n"))
    .join("");
  if (text.length <= MAX_TEXT) return text;
  const half = MAX_TEXT / 2;
  const left = fileSize(text.length - MAX_TEXT);
  return `${text.slice(0, half)}\n… ${left} left out …\n${text.slice(-half)}`;
}

async function fetchPictures(artifacts: readonly Artifact[]) {
  const pictures: NonNullable<Recorded["pictures"]> = [];
  const leftOut: string[] = [];
  let total = 0;
  for (const { name, type, size, sha256, url } of artifacts) {
    if (!PICTURE.test(type)) continue;
    if (size > MAX_PICTURE_BYTES || total + size > MAX_PICTURES_BYTES) {
      leftOut.push(
        `${plainLine(name)} is not recorded: ${fileSize(size)}, of ${fileSize(MAX_PICTURE_BYTES)} a picture and ${fileSize(MAX_PICTURES_BYTES)} a block`,
      );
      continue;
    }
    const bytes = Buffer.from(await (await request(url)).arrayBuffer());
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
      throw new CliError(`${plainLine(name)} is not what the server recorded`);
    }
    total += size;
    pictures.push({ name: plainLine(name, 200), type, base64: bytes.toString("base64") });
  }
  return { pictures, leftOut };
}
