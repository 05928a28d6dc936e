import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import type { CheckoutRequest, CommandWork } from "../../../protocol/command.ts";
import type { StepEnded, StepStarted } from "../../../protocol/events.ts";
import { commandExecution } from "../../../responder/command/execution.ts";
import type { Executed } from "../../../responder/execution/execution.ts";
import type { ResponderCalls } from "../../../responder/client/responder-calls.ts";
import { commandsAhead } from "../../../responder/sandbox/commands-ahead.ts";
import { findRuntimes } from "../../../responder/runtimes/find.ts";
import type { Sandbox } from "../../../responder/sandbox/sandbox.ts";
import { templates } from "../../../responder/services/templates.ts";
import { serverClient } from "../../../responder/client/server-client.ts";
import { makeRepository, type GitRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";

type Mark = StepStarted | StepEnded;

/** What became of a command run, from outside. */
export interface CommandTrial {
  executed: Executed;
  stdout: string;
  stderr: string;
  /** Output and marks in their order: `+name`, `-status`, and texts. */
  story: string[];
  marks: Mark[];
  /** The output of each step, by its name, in the order in which they began. */
  printed: [name: string, output: string][];
  reported: CheckoutRequest[];
  /** Names and texts. */
  artifacts: Record<string, string>;
  leftOut: number;
}

export interface TrialOptions extends Partial<Omit<CommandWork, "limits">> {
  limits?: Partial<CommandWork["limits"]>;
  signal?: AbortSignal;
  calls?: Partial<ResponderCalls>;
  onOutput?: (text: string) => void;
}

/** A machine for commands of real repositories in real sandboxes, with a server that agrees to everything. */
export async function commandTrials(make: (state: string) => Sandbox) {
  const root = mkdtempSync(join(tmpdir(), "deferred-commands-"));
  const state = join(root, "state");
  const sandbox = make(state);
  await sandbox.probe();
  const log = { info() {}, warn() {} };
  const ahead = commandsAhead(sandbox, log);
  const madeAhead = templates(sandbox, log);
  const git = await startGitServer(join(root, "git"));
  let repositories = 0;
  let runs = 0;
  return {
    state,
    sandbox,
    git,
    async repository(
      files: Record<string, string | Uint8Array>,
    ): Promise<GitRepository & { url: string }> {
      const name = `app${++repositories}`;
      const made = await makeRepository(join(root, "git"), name);
      await made.commit(files);
      return { ...made, url: `${git.url}/${name}.git` };
    },
    async run(url: string, options: TrialOptions = {}): Promise<CommandTrial> {
      const reported: CheckoutRequest[] = [];
      const calls = {
        checkout: async (_: string, body: CheckoutRequest) => void reported.push(body),
        restoreCaches: async (_: object, names: readonly string[]) => names.map(() => null),
        ...options.calls,
      } as ResponderCalls;
      const work = workOf(url, options);
      const client = serverClient("http://127.0.0.1:1");
      const tools = {
        sandbox,
        ahead,
        templates: madeAhead,
        state,
        calls,
        client,
        serverUrl: "http://127.0.0.1:1",
        log,
        packages: undefined,
        runtimes: async () =>
          (await findRuntimes(state)).map(({ runtime: { name: found }, version }) => ({
            name: found,
            version,
          })),
      };
      const assignment = { run: `run-${++runs}`, attempt: 1, lease_s: 60, work };
      const execution = commandExecution(assignment, work, tools);
      const story: string[] = [];
      const marks: Mark[] = [];
      const printed: [name: string, output: string][] = [];
      const output = { stdout: "", stderr: "" };
      try {
        await execution.prepare(new AbortController().signal);
        const executed = await execution.run(
          {
            write(stream, bytes, step = printed.length) {
              output[stream] += bytes.toString();
              if (step > 0) printed[step - 1]![1] += bytes.toString();
              story.push(bytes.toString());
              options.onOutput?.(bytes.toString());
            },
            mark(mark) {
              marks.push(mark);
              if (mark.type === "step_started") printed.push([mark.name, ""]);
              story.push(
                mark.type === "step_started"
                  ? `+${mark.name}`
                  : `-${mark.exit_code ?? mark.signal ?? "?"}`,
              );
            },
          },
          options.signal ?? new AbortController().signal,
        );
        const collected = await execution.collect(new AbortController().signal);
        const artifacts = Object.fromEntries(
          (collected?.artifacts ?? []).map(({ name, fd }) => [name, readFileSync(fd, "utf8")]),
        );
        const leftOut = collected?.leftOut ?? 0;
        collected?.close();
        return { executed, ...output, story, marks, printed, reported, artifacts, leftOut };
      } finally {
        client.close();
        await execution.discard();
      }
    },
    async close() {
      await ahead.close();
      await sandbox.close();
      await git.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function workOf(url: string, options: TrialOptions): CommandWork {
  const { limits, signal: _s, calls: _c, onOutput: _o, ...given } = options;
  return {
    kind: "command",
    runtime: "bash",
    project: "ada/app",
    revision: { of: "ref" },
    task: { do: "file" },
    trigger: "push",
    stranger: false,
    repository: { url, submodules: false, lfs: false, allow_private: true },
    secrets: {},
    caches: false,
    ...given,
    limits: {
      ...DEFAULT_LIMITS,
      memory_mb: 2048,
      processes: 512,
      output_kb: 1024,
      ...limits,
    },
  };
}
