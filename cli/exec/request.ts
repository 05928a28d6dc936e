import { AppResponseSchema, type AppResponse } from "../../protocol/app-response.ts";
import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import * as v from "valibot";
import { TaskSchema, type Task } from "../../protocol/command.ts";
import { paths } from "../../protocol/paths.ts";
import { RunViewSchema } from "../../protocol/run.ts";
import { connect, fetchBytes, type Client } from "../api/client.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { examples } from "../command/help.ts";
import { collect, PROJECT, seconds } from "../command/options.ts";
import { duration } from "../../protocol/words.ts";
import { hint, isTerminal, note, printError, printJson, programOutput } from "../terminal/print.ts";
import { readBytes } from "../terminal/read-text.ts";
import { readRevision, REF, TIMEOUT } from "./revision.ts";
import { runCommand, startCommand } from "./start-command.ts";

/** As curl does with --fail. */
const EXIT_HTTP_ERROR = 22;

interface Options {
  method?: string | undefined;
  header?: string[] | undefined;
  data?: string | undefined;
}

interface Shown {
  include?: true | undefined;
  fail?: true | undefined;
  json?: true | undefined;
}

export function execRequest(command: Command): CommandUnknownOpts {
  return command
    .description(
      [
        "The app is the one that the project's .deferred-server file names under serve:. It is started on a free port " +
          "of its sandbox, gets this one request once it answers there, and is stopped. Its answer is printed and " +
          "stays as the run's artifact response.json.",
        "Exit status: 0 if the app answered, whatever its status; 22 with --fail from status 400 on; otherwise as for " +
          "deferred exec.",
      ].join("\n\n"),
    )
    .argument("<PATH>", "What to request, such as /health")
    .option(...PROJECT)
    .option(...REF)
    .option("-X, --method <METHOD>", "GET unless given; POST with --data")
    .option("-H, --header <'NAME: VALUE'>", "Send a header", collect)
    .option("-d, --data <TEXT>", "Body to send; @FILE reads it from a file, @- from standard input")
    .option("-i, --include", "Print status and headers before the body")
    .option("--fail", "Print nothing and exit with 22 if the status is 400 or more")
    .option(...TIMEOUT, seconds)
    .option("--json", "Print response.json: status, headers, body, times")
    .addHelpText(
      "after",
      examples(
        "deferred request --project acme/shop /health",
        "deferred request /orders -d @order.json -H 'Content-Type: application/json' -i",
      ),
    )
    .action(async (path, { project, ref, timeout, ...options }) => {
      const task = await readTask(path, options);
      const client = await connect({ project });
      const revision = readRevision({ ref });
      const created = await startCommand(client, { revision, task, wall_s: timeout });
      const exitCode = await runCommand(client, created, true);
      if (exitCode === EXIT.ok) {
        process.exitCode = printAnswer(await readAnswer(client, created.id), options);
        return;
      }
      hint(`deferred logs ${created.id} shows what the app printed`);
      process.exitCode = exitCode;
    });
}

async function readTask(path: string, { method, header, data }: Options): Promise<Task> {
  if (!path.startsWith("/")) throw new UsageError(`the path has to begin with /, not "${path}"`);
  const body = await readBody(data);
  const headers = readHeaders(header ?? []);
  if (body !== undefined && !Object.keys(headers).some((name) => /^content-type$/i.test(name))) {
    headers["content-type"] = "application/x-www-form-urlencoded";
  }
  const task = v.safeParse(TaskSchema, {
    do: "request",
    method: (method ?? (body === undefined ? "GET" : "POST")).toUpperCase(),
    path,
    headers,
    ...(body === undefined ? {} : { body: body.toString("base64") }),
  });
  if (task.success) return task.output;
  const [{ input, message }] = task.issues;
  throw new UsageError(`"${String(input)}" is not ${message}`);
}

async function readBody(data: string | undefined): Promise<Buffer | undefined> {
  if (data === undefined) return undefined;
  return data.startsWith("@") ? readBytes(data.slice(1)) : Buffer.from(data);
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new UsageError(`a header has the form 'Name: value', not "${line}"`);
    }),
  );
}

async function readAnswer(client: Client, run: string): Promise<AppResponse> {
  const { ending } = await client.call(paths.run(run), RunViewSchema);
  const artifact = ending?.artifacts.find(({ name }) => name.endsWith("response.json"));
  const text = artifact && (await fetchBytes(client, artifact.url)).toString("utf8");
  const parsed = v.safeParse(AppResponseSchema, text && JSON.parse(text));
  if (parsed.success) return parsed.output;
  throw new CliError(`the run ${run} kept no answer of the app`, { exitCode: EXIT.errored });
}

/** Prints the app's answer and returns the exit code. */
function printAnswer(answer: AppResponse, { include, fail, json }: Shown): number {
  const { status, headers, body, encoding, booted_s, took_s } = answer;
  if (isTerminal("stderr")) {
    const times = `up after ${duration(booted_s)}, answered in ${duration(took_s)}`;
    note(`status ${status}, ${times}`);
  }
  if (fail && status >= 400) {
    printError(`the app answered with status ${status}`);
    return EXIT_HTTP_ERROR;
  }
  if (json) {
    printJson(answer);
    return EXIT.ok;
  }
  const write = programOutput("stdout");
  if (include) {
    const lines = [`HTTP/1.1 ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
    write(`${lines.join("\r\n")}\r\n\r\n`);
  }
  write(encoding === "base64" ? Buffer.from(body, "base64") : body);
  return EXIT.ok;
}
