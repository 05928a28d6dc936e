import { createHash, createHmac, randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { StepEnded, StepStarted } from "../../protocol/events.ts";
import { paths } from "../../protocol/paths.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import type { Assignment, OutputChunk } from "../../protocol/responder.ts";
import type { Outcome } from "../../protocol/outcome.ts";
import { eventually } from "../eventually.ts";
import type { SystemOptions } from "../systems/in-process.ts";
import type { Machine } from "./played-machine.ts";
import { startSystem } from "./system.ts";

/** A step of a played run: its name, what it printed, how it ended. */
export interface PlayedStep {
  kind?: StepStarted["kind"];
  name: string;
  output?: string | OutputChunk[];
  /** Absent: 0; undefined: it does not end. */
  exit?: number | undefined;
  /** The pass of the file's matrix. */
  pass?: number;
}

export interface Pushed {
  subject: string;
  branch?: string;
  /** Of a commit that was pushed before. */
  sha?: string;
  author?: { name: string; email: string };
  /** Minutes before now that it was committed. */
  minutesAgo?: number;
}

export type PushedProject = Awaited<ReturnType<typeof startPushedProject>>;

/** A server with a project that GitHub tells of pushes, and whose machine the test plays. */
export async function startPushedProject(
  options: Pick<SystemOptions, "env" | "times" | "channels"> & {
    slug?: string;
    repository?: string;
    settings?: object;
    more?: object;
  } = {},
) {
  const {
    slug = "acme/site",
    repository = "http://127.0.0.1:1/acme/site.git",
    env,
    times,
    channels,
  } = options;
  const system = await startSystem({ DEFERRED_ALLOW_PRIVATE: "1", ...env }, { times, channels });
  const owner = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const own = async (method: string, path: string, body?: unknown) => {
    const response = await system.call(method, path, body, owner);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as unknown;
  };
  const existing = await system.call(
    "GET",
    `${paths.project(slug)}?hook_secret=1`,
    undefined,
    owner,
  );
  const project = (
    existing.ok
      ? await existing.json()
      : await own("POST", paths.projects, {
          ...{ slug, repository, settings: options.settings ?? {} },
          ...options.more,
        })
  ) as ProjectView;
  let machine: Machine | undefined;

  async function deliver(event: string, payload: unknown) {
    const body = JSON.stringify(payload);
    const signature = createHmac("sha256", project.hook_secret!).update(body).digest("hex");
    const response = await system.call("POST", new URL(project.hooks!.github).pathname, body, {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": crypto.randomUUID(),
      "x-hub-signature-256": `sha256=${signature}`,
    });
    if (response.status !== 202) throw new Error(await response.text());
    return (await response.json()) as { delivery: string; outcome: string; run?: string };
  }

  return {
    ...system,
    slug,
    project,
    owner,
    own,
    deliver,

    /** GitHub tells of a push of one commit; resolves with its run. */
    async push(pushed: Pushed): Promise<{ run: string; sha: string; delivery: string }> {
      const { subject, branch = "main", minutesAgo = 0 } = pushed;
      const author = pushed.author ?? { name: "Ada Author", email: "ada@example.org" };
      const { sha = createHash("sha1").update(`${subject} ${branch}`).digest("hex") } = pushed;
      const commit = {
        id: sha,
        message: `${subject}\n\nWhy it was changed.`,
        timestamp: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
        author,
      };
      const { run, delivery } = await deliver("push", {
        ref: `refs/heads/${branch}`,
        before: createHash("sha1").update(`before ${sha}`).digest("hex"),
        after: sha,
        deleted: false,
        head_commit: commit,
        commits: [commit],
        repository: { default_branch: "main" },
      });
      if (run === undefined) throw new Error("the push made no run");
      return { run, sha, delivery };
    },

    /** A program of the project's own tells of a push, as Standard Webhooks says. */
    async deliverGeneric(payload: object): Promise<{ outcome: string; run?: string }> {
      const body = JSON.stringify(payload);
      const [id, at] = [randomUUID(), new Date()];
      const response = await system.call("POST", new URL(project.hooks!.generic).pathname, body, {
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": new Webhook(project.hook_secret!).sign(id, at, body),
      });
      if (response.status !== 202) throw new Error(await response.text());
      return (await response.json()) as { outcome: string; run?: string };
    },

    /** The machine that serves the project. */
    async worker(): Promise<Machine> {
      machine ??= await system.machine({ runtimes: [{ name: "bash", version: "5.2.15" }] });
      return machine;
    },

    /** The run as the machine of its project gets it. */
    async claim(): Promise<Assignment> {
      const worker = await this.worker();
      return eventually(async () => (await worker.claim(1, 1))[0]);
    },

    /** Executes steps of a claimed run, from `first` on; returns the next batch's number. */
    async steps(of: Assignment, steps: PlayedStep[], first = 1, seq = 1): Promise<number> {
      if (seq === 1) await machine!.started(of);
      for (const [
        index,
        { kind = "command", name, output = [], pass, ...rest },
      ] of steps.entries()) {
        const step = first + index;
        const started: StepStarted = {
          ...{ type: "step_started", step, kind, name },
          ...(pass && { pass }),
        };
        const ended: StepEnded = {
          ...{ type: "step_ended", step, signal: null, ran_s: 1.4 },
          exit_code: rest.exit ?? 0,
        };
        const printed =
          typeof output === "string" ? [{ stream: "stdout" as const, text: output }] : output;
        const open = "exit" in rest && rest.exit === undefined;
        const chunks = [started, ...printed, ...(open ? [] : [ended])];
        const path = paths.responder.output(of.run);
        const answer = await machine!.post(path, { attempt: of.attempt, seq: seq++, chunks });
        if (!answer.ok) throw new Error(await answer.text());
      }
      return seq;
    },

    async print(of: Assignment, seq: number, ...chunks: unknown[]): Promise<void> {
      const path = paths.responder.output(of.run);
      const answer = await machine!.post(path, { attempt: of.attempt, seq, chunks });
      if (!answer.ok) throw new Error(await answer.text());
    },

    async finish(of: Assignment, outcome: Partial<Outcome> = {}, more: object = {}): Promise<void> {
      const answer = await machine!.finish(of, { ran_s: 3.2, ...outcome }, more);
      if (!answer.ok) throw new Error(await answer.text());
    },

    /** Pushes a commit and lets its one command end with `exit`. */
    async pushAndRun(pushed: Pushed, exit = 0, output = "1 passed\n") {
      const { run, sha } = await this.push(pushed);
      const assignment = await this.claim();
      if (assignment.run !== run) throw new Error("another run was claimed");
      await this.steps(assignment, [
        { kind: "checkout", name: `Check out ${sha.slice(0, 8)}` },
        { name: "npm test", output, exit },
      ]);
      await this.finish(assignment, { exit_code: exit });
      return { run, sha };
    },
  };
}
