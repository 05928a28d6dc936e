import { paths } from "../../protocol/paths.ts";
import { isEnded, type RunCreated } from "../../protocol/run.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { ago } from "../../protocol/words.ts";
import { request } from "../api.ts";
import { readAuthor } from "../author.ts";
import { CliError } from "../cli-error.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { note, printFacts, printJsonText, printTable } from "../print.ts";
import { NO_TERMS } from "../sign/claims.ts";
import { readLimits } from "../sign/limits.ts";
import { signFile } from "../sign/sign-file.ts";
import { RUNTIME_NAMES } from "../sign/runtime.ts";
import { inputNames, inputValues } from "./inputs.ts";
import { isPage, readPage, type Page } from "./page.ts";
import { present } from "./present.ts";
import { cancelRun, submitRun } from "./submit.ts";

export const run: Command = {
  name: "run",
  usage: "FILE | PAGE [options]",
  summary: "Run a file, or a block of a page, and show its output.",
  details: [
    "FILE is signed with this machine's key first. PAGE is an address or an .html file; its block runs\n" +
      "as it would for a reader. The program's output and exit status become this command's own.",
    "Exit status: the program's, 124 over its time, 137 out of memory, 130 canceled, 65 refused,\n" +
      "69 no server, 70 the server's fault.",
  ],
  options: {
    nth: { type: "string", value: "N", help: "PAGE: which of its blocks, from 1" },
    list: { type: "boolean", help: "PAGE: only list its blocks" },
    fresh: { type: "boolean", help: "PAGE: run it, though a stored result would answer" },
    input: { type: "string", value: "NAME=VALUE", multiple: true, help: "Set an input" },
    runtime: { type: "string", value: "NAME", help: `FILE: what runs it: ${RUNTIME_NAMES}` },
    limit: { type: "string", value: "NAME=N", multiple: true, help: "FILE: as for deferred sign" },
    project: { type: "string", value: "OWNER/NAME", help: "FILE: who signs (default: local/demo)" },
    key: { type: "string", value: "KID", help: "FILE: with which key (default: the newest)" },
    json: { type: "boolean", help: "Print result.json instead of the program's output" },
    detach: { type: "boolean", help: "Do not wait: print the run's id and addresses" },
  },
  examples: [
    "deferred run hello.rb",
    "deferred run report.py --input month=2026-11 --json | jq .artifacts",
    "deferred run https://blog.example/post --list",
    "deferred run https://blog.example/post --nth 2",
  ],
  async run(args) {
    const target = args.only("a file or a page");
    if (!isPage(target)) {
      for (const name of ["nth", "list", "fresh"]) {
        if (args.text(name) !== undefined || args.flag(name)) {
          throw args.wrong(`--${name} is for pages, and ${target} is none`);
        }
      }
      return start(args, await prepareFile(args, target));
    }
    const page = await readPage(target);
    if (page.blocks.length === 0) throw new CliError(`${target} has no <deferred-runner> element`);
    if (!args.flag("list")) return start(args, await prepareBlock(args, target, page));
    printTable(listOf(page));
    return EXIT.ok;
  },
};

/** All that a run takes, whether its block comes from a page or was just signed. */
interface Prepared {
  serverUrl: string;
  origin: string | undefined;
  body: {
    block: string;
    code: string;
    inputs?: Record<string, string | number | boolean>;
    fresh?: true;
  };
}

async function prepareFile(args: Arguments, file: string): Promise<Prepared> {
  // Nobody declared the inputs of a plain file: whatever is set is text.
  const inputs = Object.fromEntries(
    inputNames(args).map((name) => [name, { type: "text" as const }]),
  );
  const terms = { ...NO_TERMS, limits: readLimits(args), inputs };
  const { block, code, serverUrl, claims } = await signFile(args, file, terms);
  const values = inputValues(args, claims.inputs);
  return { serverUrl, origin: undefined, body: { block, code, ...(values && { inputs: values }) } };
}

async function prepareBlock(args: Arguments, target: string, page: Page): Promise<Prepared> {
  const nth = Number(args.text("nth") ?? (page.blocks.length === 1 ? "1" : Number.NaN));
  const chosen = Number.isInteger(nth) ? page.blocks[nth - 1] : undefined;
  if (!chosen) {
    const count = page.blocks.length;
    throw new CliError(`${target} has ${count} block${count === 1 ? "" : "s"}: choose with --nth`, {
      hint: `deferred run ${target} --list`,
      exitCode: EXIT.usage,
    });
  }
  const { block, code, differs } = chosen;
  if (differs && !readBlock(block).claims.edit) {
    note(`this is not the code that was signed. ${differs}`);
  }
  const values = inputValues(args, readBlock(block).claims.inputs);
  const serverUrl = chosen.serverUrl ?? (await readAuthor({})).serverUrl;
  return {
    serverUrl,
    origin: page.origin,
    body: {
      ...{ block, code },
      ...(values && { inputs: values }),
      ...(args.flag("fresh") && { fresh: true }),
    },
  };
}

function readBlock(token: string) {
  try {
    return inspectBlock(token);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw new CliError(ERRORS[cause.code][1], { exitCode: EXIT.refused, cause });
  }
}

async function start(args: Arguments, prepared: Prepared): Promise<number> {
  const { serverUrl, origin, body } = prepared;
  const created = await submitRun(serverUrl + paths.runs, { body, origin });
  tellStored(created);
  if (args.flag("detach")) {
    printFacts(args.flag("json"), created, detached(created));
    return EXIT.ok;
  }
  const exitCode = await present(created, {
    quiet: args.flag("json"),
    steps: "all",
    cancel: () => cancelRun(serverUrl, created.id, created.cancel_token),
  });
  if (args.flag("json")) {
    const result = await request(created.result_url);
    printJsonText(await result.text());
  }
  return exitCode;
}

/** What is not of this moment is told as such; the output itself stays as it is. */
function tellStored({ id, stored }: RunCreated): void {
  if (!stored) return;
  const when = stored.age_s < 1 ? "just now" : ago(stored.age_s);
  note(
    stored.id === id
      ? `a stored result answers, made ${when}; --fresh makes a new one`
      : `until it has run, there is a result made ${when}: ${stored.result_url}`,
  );
}

function detached(created: RunCreated): string[][] {
  return [
    ["run", created.id],
    ["state", created.state],
    ["events", created.events_url],
    [isEnded(created.state) ? "result" : "result, once ended", created.result_url],
  ];
}

function listOf(page: Page): string[][] {
  return page.blocks.map(({ block, code }, index) => {
    const firstLine = code.trim().split("\n")[0]!.slice(0, 60);
    try {
      const { claims } = inspectBlock(block);
      return [String(index + 1), claims.runtime, claims.iss, firstLine];
    } catch {
      return [String(index + 1), "", "not a block", firstLine];
    }
  });
}
