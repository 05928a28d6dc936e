import { join } from "node:path";
import type { AppResponse } from "../../protocol/app-response.ts";
import type { Task } from "../../protocol/command.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { FileServe } from "../project-file/project-file.ts";
import { InsideError } from "../sandbox/supervisor/control-channel.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { SUCCESS } from "./steps.ts";
import type { Job } from "./job.ts";
import type { TreeContext } from "./tree-context.ts";

type RequestTask = Extract<Task, { do: "request" }>;
type InsideAnswer = Awaited<ReturnType<TreeContext["job"]["supervisor"]["request"]>>;

/** The whole run's limit of time comes first for most. */
const ANSWER_S = 300;
const STOP_MS = 5_000;
const LOG_LINES = 15;

/** Boots the project's app, sends it one request and stores its answer. */
export async function runRequest(context: TreeContext, task: RequestTask): Promise<ProgramStatus> {
  const { job, tree } = context;
  const serve = tree.file?.serve;
  if (serve === undefined) {
    const example = "serve: {command: bundle exec rackup --port $PORT}";
    throw new CommandRefusal(
      "file_invalid",
      `The .deferred-server names no app to boot: write ${example}.`,
    );
  }
  const { steps, supervisor, files, mask } = job;
  const commit = tree.several ? tree.commit : undefined;
  const app = await steps.step("service", `Boot ${serve.command}`, () => boot(context, serve), {
    commit,
  });
  try {
    return await steps.step(
      "request",
      `${task.method} ${task.path}`,
      async () => {
        const { method, path, headers, body } = task;
        const { port } = app;
        const begun = performance.now();
        const request = { port, method, path, headers, body, timeoutMs: ANSWER_S * 1000 };
        const answer = await supervisor.request(request).catch(async (error: unknown) => {
          if (!(error instanceof InsideError)) throw error;
          throw await notUp(context, app.log, `gave no answer to the request: ${error.message}`);
        });
        const took_s = (performance.now() - begun) / 1000;
        const response = { ...toContent(answer, mask), booted_s: app.bootedS, took_s };
        for (const line of shown(answer, response)) steps.print(line);
        files.keep(tree, "response.json", Buffer.from(`${JSON.stringify(response, null, 2)}\n`));
        return SUCCESS;
      },
      { commit },
    );
  } finally {
    await supervisor.stopDaemon(app.daemon, STOP_MS).catch(() => {});
  }
}

interface App {
  readonly daemon: number;
  readonly port: number;
  readonly log: string;
  readonly bootedS: number;
}

async function boot(context: TreeContext, serve: FileServe): Promise<App & ProgramStatus> {
  const { job, tree, env } = context;
  const { supervisor, inside } = job;
  const port = serve.port ?? (await supervisor.freePort());
  const log = join(inside.services, "app.log");
  const begun = performance.now();
  const daemon = await supervisor.startDaemon({
    argv: ["bash", "-c", "--", serve.command],
    cwd: tree.cwd,
    env: { ...env, PORT: String(port) },
    log,
  });
  const up = await supervisor.awaitUp(daemon, port, serve.timeoutS * 1000, serve.ready);
  if (!up) throw await notUp(context, log, `was not there within ${serve.timeoutS} s, or ended`);
  return { ...SUCCESS, daemon, port, log, bootedS: (performance.now() - begun) / 1000 };
}

async function notUp({ job, env }: TreeContext, log: string, what: string) {
  const argv = ["tail", "-n", String(LOG_LINES), log] as const;
  const { output } = await job.supervisor.ask({ argv, cwd: job.inside.services, env });
  const said = output.trim() === "" ? "It printed nothing." : output.trim();
  return new CommandRefusal("app_not_up", `The app ${what}:\n${said}`);
}

function toContent(
  answer: InsideAnswer,
  mask: Job["mask"],
): Omit<AppResponse, "booted_s" | "took_s"> {
  // Before it is written as JSON or base64, in either of which a secret looks otherwise.
  const bytes = mask.bytes(Buffer.from(answer.body, "base64"));
  const text = bytes.toString();
  const isText = Buffer.from(text).equals(bytes);
  return {
    status: answer.status,
    headers: answer.headers.map(([name, value]) => [mask.text(name), mask.text(value)]),
    body: isText ? text : bytes.toString("base64"),
    encoding: isText ? "utf8" : "base64",
  };
}

/** As `curl -i` shows it. */
function shown(answer: InsideAnswer, { body, encoding }: AppResponse): string[] {
  const text = encoding === "utf8" ? body : `(${Buffer.from(body, "base64").length} bytes)`;
  return [
    `HTTP/1.1 ${answer.status} ${answer.reason}`.trimEnd(),
    ...answer.headers.map(([name, value]) => `${name}: ${value}`),
    "",
    text,
  ];
}
