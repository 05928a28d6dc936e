import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import * as v from "valibot";
import {
  AppResponseSchema,
  TaskSchema,
  type AppResponse,
  type Task,
} from "../../protocol/command.ts";
import { paths } from "../../protocol/paths.ts";
import { RunViewSchema } from "../../protocol/run.ts";
import { connect, PROJECT_OPTION, type Client } from "../client.ts";
import { CliError } from "../cli-error.ts";
import type { Arguments, Command } from "../command.ts";
import { duration } from "../../protocol/words.ts";
import { EXIT } from "../exit-codes.ts";
import { present } from "../run/present.ts";
import { cancelRun } from "../run/submit.ts";
import { hint, isTerminal, note, printError, printJson, programOutput } from "../print.ts";
import { refRevision, REF_OPTION } from "./revision.ts";
import { readWallTime, startCommand, TIMEOUT_OPTION } from "./start-command.ts";

/** As curl does with --fail. */
const EXIT_HTTP_ERROR = 22;

export const request: Command = {
  name: "request",
  usage: "PATH [options]",
  summary: "Boot a project's app, send it one request and print the answer.",
  details: [
    "The app is the one that the project's .deferred-server file names under serve:. It is started on a free port\n" +
      "of its sandbox, gets this one request once it answers there, and is stopped. What it sends back is printed and\n" +
      "stays as the run's artifact response.json.",
    "Exit status: 0 where the app answered, with whatever status; 22 with --fail from status 400 on; otherwise as for\n" +
      "deferred exec.",
  ],
  options: {
    project: PROJECT_OPTION,
    ref: REF_OPTION,
    method: {
      type: "string",
      short: "X",
      value: "METHOD",
      help: "GET unless given; POST with --data",
    },
    header: {
      type: "string",
      short: "H",
      value: "'NAME: VALUE'",
      multiple: true,
      help: "Send a header",
    },
    data: {
      type: "string",
      short: "d",
      value: "TEXT",
      help: "Body to send; @FILE reads it from a file, @- from standard input",
    },
    include: { type: "boolean", short: "i", help: "Print status and headers before the body" },
    fail: {
      type: "boolean",
      help: "Print nothing and exit with 22 where the status is 400 or more",
    },
    timeout: TIMEOUT_OPTION,
    json: { type: "boolean", help: "Print response.json: status, headers, body, times" },
  },
  examples: [
    "deferred request --project acme/shop /health",
    "deferred request /orders -d @order.json -H 'Content-Type: application/json' -i",
  ],
  async run(args) {
    const task = await taskOf(args);
    const wall_s = readWallTime(args);
    const client = await connect(args);
    const created = await startCommand(client, { revision: refRevision(args), task, wall_s });
    const exitCode = await present(
      { ...created, token: client.token },
      {
        quiet: true,
        steps: isTerminal("stderr") ? "all" : "of several commits",
        cancel: () => cancelRun(client.url, created.id, client.token),
      },
    );
    if (exitCode !== EXIT.ok) {
      hint(`deferred logs ${created.id} shows what the app printed`);
      return exitCode;
    }
    return print(await readAnswer(client, created.id), args);
  },
};

async function taskOf(args: Arguments): Promise<Task> {
  const path = args.only("a path, such as /health");
  if (!path.startsWith("/")) throw args.wrong(`the path has to begin with /, not "${path}"`);
  const body = await readBody(args.text("data"));
  const headers = readHeaders(args);
  if (body !== undefined && !Object.keys(headers).some((name) => /^content-type$/i.test(name))) {
    headers["content-type"] = "application/x-www-form-urlencoded";
  }
  const task = v.safeParse(TaskSchema, {
    do: "request",
    method: (args.text("method") ?? (body === undefined ? "GET" : "POST")).toUpperCase(),
    path,
    headers,
    ...(body === undefined ? {} : { body: body.toString("base64") }),
  });
  if (task.success) return task.output;
  const [{ input, message }] = task.issues;
  throw args.wrong(`"${String(input)}" is not ${message}`);
}

async function readBody(data: string | undefined): Promise<Buffer | undefined> {
  if (data === undefined) return undefined;
  if (data === "@-") return buffer(process.stdin);
  if (!data.startsWith("@")) return Buffer.from(data);
  return readFile(data.slice(1)).catch((cause: NodeJS.ErrnoException) => {
    throw new CliError(`${data.slice(1)} can't be read (${cause.code})`, { cause });
  });
}

function readHeaders(args: Arguments): Record<string, string> {
  return Object.fromEntries(
    args.list("header").map((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/.exec(line) ?? [];
      if (name === undefined)
        throw args.wrong(`a header has the form 'Name: value', not "${line}"`);
      return [name, value!];
    }),
  );
}

async function readAnswer(client: Client, run: string): Promise<AppResponse> {
  const { ending } = await client.call(paths.run(run), RunViewSchema);
  const artifact = ending?.artifacts.find(({ name }) => name.endsWith("response.json"));
  const text = artifact && (await client.read(artifact.url)).toString("utf8");
  const parsed = v.safeParse(AppResponseSchema, text && JSON.parse(text));
  if (parsed.success) return parsed.output;
  throw new CliError(`the run ${run} kept no answer of the app`, { exitCode: EXIT.errored });
}

function print(answer: AppResponse, args: Arguments): number {
  const { status, headers, body, encoding, booted_s, took_s } = answer;
  if (isTerminal("stderr")) {
    const times = `up after ${duration(booted_s)}, answered in ${duration(took_s)}`;
    note(`status ${status}, ${times}`);
  }
  if (args.flag("fail") && status >= 400) {
    printError(`the app answered with status ${status}`);
    return EXIT_HTTP_ERROR;
  }
  if (args.flag("json")) {
    printJson(answer);
    return EXIT.ok;
  }
  const write = programOutput("stdout");
  if (args.flag("include")) {
    const lines = [`HTTP/1.1 ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
    write(`${lines.join("\r\n")}\r\n\r\n`);
  }
  write(encoding === "base64" ? Buffer.from(body, "base64") : body);
  return EXIT.ok;
}
