import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { inspectBlock, type UnverifiedBlock } from "../../blocks/inspect.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { paths } from "../../protocol/paths.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import { isEnded, type RunCreated } from "../../protocol/run.ts";
import { readAuthor } from "../api/author.ts";
import { request } from "../api/call.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { examples } from "../command/help.ts";
import { collect, wholeNumber } from "../command/options.ts";
import { findBlocks, type PageBlock } from "../page/blocks.ts";
import { isPage, readBlockSource } from "../page/source.ts";
import { NO_TERMS } from "../sign/claims.ts";
import { readLimits } from "../sign/limits.ts";
import { RUNTIME_NAMES } from "../sign/runtime.ts";
import { signFile } from "../sign/sign-file.ts";
import { ago } from "../../protocol/words.ts";
import { note, printFacts, printJsonText, printTable } from "../terminal/print.ts";
import { readInput, typeInputs, type GivenInput } from "./inputs.ts";
import { declareInputs, fillInputs, readStandardInput, type Passed } from "./passed.ts";
import { present } from "./present.ts";
import { cancelRun, submitRun } from "./submit.ts";

const MAX_BLOCKS = 100_000;

interface Options {
  nth?: number | undefined;
  list?: true | undefined;
  fresh?: true | undefined;
  input?: GivenInput[] | undefined;
  stdin?: true | undefined;
  runtime?: string | undefined;
  limit?: string[] | undefined;
  file?: string[] | undefined;
  after?: string[] | undefined;
  setup?: string | undefined;
  project?: string | undefined;
  key?: string | undefined;
}

export function run(command: Command): CommandUnknownOpts {
  return command
    .description(
      [
        "FILE is signed with this machine's key first. PAGE is an address or an .html file; its block runs " +
          "as it would for a reader. The program's output and exit status become this command's own.",
        "Exit status: the program's, 124 over its time, 137 out of memory, 130 canceled, 65 refused, " +
          "69 no server, 70 the server's fault.",
      ].join("\n\n"),
    )
    .argument("<FILE|PAGE>")
    .argument("[ARGS...]", "The program's arguments, after --")
    .option("--nth <N>", "PAGE: which of its blocks, from 1", wholeNumber(1, MAX_BLOCKS))
    .option("--list", "PAGE: only list its blocks")
    .option("--fresh", "PAGE: run it, even if a stored result would answer")
    .option("--input <NAME=VALUE>", "Set an input", readInput)
    .option("--stdin", "Pass on a pipe; a file, as in < data.txt, is passed by itself")
    .option("--runtime <NAME>", `FILE: what runs it: ${RUNTIME_NAMES}`)
    .option("--limit <NAME=N>", "FILE: as for deferred sign", collect)
    .option("--file <[NAME=]PATH>", "FILE: as for deferred sign", collect)
    .option("--after <FILE>", "FILE: as for deferred sign", collect)
    .option("--setup <FILE>", "FILE: as for deferred sign")
    .option("--project <OWNER/NAME>", "FILE: who signs (default: local/demo)")
    .option("--key <KID>", "FILE: with which key (default: the newest)")
    .option("--json", "Print result.json instead of the program's output")
    .option("--detach", "Do not wait: print the run's id and addresses")
    .addHelpText(
      "after",
      examples(
        "deferred run hello.rb",
        "deferred run report.py --input month=2026-11 --json | jq .artifacts",
        "deferred run count.py -- --words 10 < text.txt",
        "deferred run https://blog.example/post --list",
        "deferred run https://blog.example/post --nth 2",
      ),
    )
    .action(async (target, args, { json = false, detach = false, ...options }) => {
      const passed = async () => ({ args, stdin: await readStandardInput(options.stdin ?? false) });
      if (!isPage(target)) {
        return start(await prepareFile(target, options, await passed()), { json, detach });
      }
      const { text, url } = await readBlockSource(target);
      const blocks = findBlocks(text, url);
      if (blocks.length === 0) throw new CliError(`${target} has no <deferred-runner> element`);
      if (options.list) return printTable(blocks.map(describeBlock));
      // A browser sends `null` from a file.
      const origin = url === undefined ? "null" : new URL(url).origin;
      const prepared = await prepareBlock(target, blocks, origin, options, await passed());
      return start(prepared, { json, detach });
    });
}

/** A request for a run, whether its block is on a page or was just signed. */
interface Prepared {
  serverUrl: string;
  origin: string | undefined;
  body: RunRequest;
}

async function prepareFile(file: string, options: Options, passed: Passed): Promise<Prepared> {
  for (const name of ["nth", "list", "fresh"] as const) {
    if (options[name] === undefined) continue;
    throw new UsageError(`--${name} is for pages, and ${file} is none`);
  }
  const { specs, given } = declareInputs(options.input ?? [], passed);
  const terms = { ...NO_TERMS, limits: readLimits(options.limit ?? []), inputs: specs };
  const { block, code, sent, serverUrl, claims } = await signFile(file, terms, options);
  const body = { block, code, ...sent, inputs: typeInputs(given, claims.inputs) };
  return { serverUrl, origin: undefined, body };
}

async function prepareBlock(
  target: string,
  blocks: PageBlock[],
  origin: string,
  { nth, input = [], fresh }: Options,
  passed: Passed,
): Promise<Prepared> {
  const count = blocks.length;
  const chosen = blocks[(nth ?? (count === 1 ? 1 : Number.NaN)) - 1];
  if (!chosen) {
    throw new CliError(`${target} has ${count} block${count === 1 ? "" : "s"}: choose with --nth`, {
      hint: `deferred run ${target} --list`,
      exitCode: EXIT.usage,
    });
  }
  const { block, code, sent, differs } = chosen;
  const { claims } = readBlock(block);
  if (differs && !claims.edit) note(`this is not the code that was signed. ${differs}`);
  const filled = fillInputs(input, claims.inputs, passed);
  const serverUrl = chosen.serverUrl ?? (await readAuthor()).serverUrl;
  return {
    serverUrl,
    origin,
    body: { block, code, ...sent, inputs: typeInputs(filled, claims.inputs), fresh },
  };
}

function readBlock(token: string): UnverifiedBlock {
  try {
    return inspectBlock(token);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw new CliError(ERRORS[cause.code][1], { exitCode: EXIT.refused, cause });
  }
}

async function start(
  { serverUrl, origin, body }: Prepared,
  { json, detach }: { json: boolean; detach: boolean },
): Promise<void> {
  const created = await submitRun(serverUrl + paths.runs, { body, origin });
  noteStoredResult(created);
  if (detach) return printFacts(json, created, describeRun(created));
  const cancel = () => cancelRun(serverUrl, created.id, created.cancel_token);
  process.exitCode = await present(created, { quiet: json, steps: "all", cancel });
  if (json) printJsonText(await (await request(created.result_url)).text());
}

/** The output stays as it is; a note tells that it is an older run's. */
function noteStoredResult({ id, stored }: RunCreated): void {
  if (!stored) return;
  const when = stored.age_s < 1 ? "just now" : ago(stored.age_s);
  note(
    stored.id === id
      ? `a stored result answers, made ${when}; --fresh makes a new one`
      : `until it has run, there is a result made ${when}: ${stored.result_url}`,
  );
}

function describeRun(created: RunCreated): string[][] {
  return [
    ["run", created.id],
    ["state", created.state],
    ["events", created.events_url],
    [isEnded(created.state) ? "result" : "result, once ended", created.result_url],
  ];
}

function describeBlock({ block, code }: PageBlock, index: number): string[] {
  const [firstLine = ""] = code.trim().split("\n");
  const number = String(index + 1);
  try {
    const { claims } = inspectBlock(block);
    return [number, claims.runtime, claims.iss, firstLine.slice(0, 60)];
  } catch {
    return [number, "", "not a block", firstLine.slice(0, 60)];
  }
}
