import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paths } from "../../protocol/paths.ts";
import type { ProjectView, RunSummary } from "../../protocol/projects.ts";
import type { Delivery, HookAnswer } from "../../protocol/deliveries.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { startServing, type Served } from "../systems/process.ts";

export interface Burst {
  /** Deliveries in all, duplicates among them. */
  deliveries: number;
  branches: number;
  /** How many of them repeat another: every other one by its id, the rest by their body alone. */
  duplicates: number;
  /** How many are under way at one time. */
  senders: number;
  /** Ends the server as a power cut would once half of them are answered, and starts it again. */
  kill: boolean;
}

export interface BurstFigures {
  /** Milliseconds from a delivery to its 202, but for those that met no server. */
  answerMs: number[];
  /** How often a delivery had to be sent again, because nobody answered. */
  sentAgain: number;
  outcomes: Record<string, number>;
  /** Runs there are at the end, by state. */
  states: Record<string, number>;
  /** From the first delivery to the end of the last run. */
  wholeS: number;
  /** What is not as it ought to be, a sentence each. */
  wrong: string[];
}

const SLUG = "ada/app";

/** Pushes to a few branches of a real repository, reported all at once to a real server. */
export async function burst(options: Burst): Promise<BurstFigures> {
  const root = await mkdtemp(join(tmpdir(), "deferred-burst-"));
  const git = await startGitServer(root);
  const env = {
    DEFERRED_DATA: join(root, "data"),
    PORT: await freePort(),
    DEFERRED_ALLOW_PRIVATE: "1",
  };
  let served = await startServing(env);
  const restart = async () => {
    const exited = once(served.process, "exit");
    served.process.kill("SIGKILL");
    await exited;
    served = await startServing(env);
  };
  try {
    const pushes = await makePushes(root, options);
    const owner = await ownerOf(served);
    const project = await owner.create(`${git.url}/app.git`);
    const began = performance.now();
    const answers = await sendAll(pushes, project, options, restart);
    // Not without a pause: the lists are long, and the server has other things to do.
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return (await owner.openRuns()).length === 0 ? true : undefined;
    });
    const runs = await owner.runs();
    const wholeS = (performance.now() - began) / 1000;
    const deliveries = await owner.deliveries();
    return {
      ...answers,
      outcomes: counted(deliveries.map(({ outcome }) => outcome)),
      states: counted(runs.map(({ state }) => state)),
      wholeS,
      wrong: [
        ...wrongRuns(pushes, runs),
        ...wrongOrder(deliveries, runs),
        ...(await owner.endedOtherThanOnce(runs)),
      ],
    };
  } finally {
    await served.clear();
    await git.close();
    await rm(root, { recursive: true, force: true });
  }
}

interface Push {
  commit: string;
  body: string;
  id: string;
}

/** Keeps the order of each branch. A duplicate follows its original some places later. */
async function makePushes(root: string, { deliveries, branches, duplicates }: Burst) {
  const repository = await makeRepository(root, "app");
  const names = Array.from({ length: branches }, (_, index) => `branch-${index}`);
  const unique = deliveries - duplicates;
  const commits = await importCommits(repository.bare, names, unique);
  const pushes = commits.map(({ branch, commit }): Push => {
    const told = {
      id: commit,
      message: `Change of ${branch}`,
      timestamp: "2026-03-01T12:00:00Z",
      author: { name: "Ada Example", email: "ada@example.org" },
    };
    const body = JSON.stringify({
      ref: `refs/heads/${branch}`,
      after: commit,
      deleted: false,
      commits: [told],
      head_commit: told,
      repository: { default_branch: "branch-0" },
    });
    return { commit, body, id: randomUUID() };
  });
  for (let number = 0; number < duplicates; number++) {
    const at = Math.floor((number * pushes.length) / duplicates);
    const again = { ...pushes[at]!, ...(number % 2 === 0 ? {} : { id: randomUUID() }) };
    pushes.splice(Math.min(at + (number % 7) + 1, pushes.length), 0, again);
  }
  return pushes;
}

/** `many` commits, one after another on each of the branches, in one go: the file `turn` has each one's number. */
export async function importCommits(
  bare: string,
  branches: readonly string[],
  many: number,
  command = "cat turn\n",
) {
  const file = ".deferred-server";
  const stream = [`blob\nmark :1\ndata ${command.length}\n${command}\n`];
  const planned = Array.from({ length: many }, (_, index) => ({
    branch: branches[index % branches.length]!,
    mark: index + 2,
    turn: `${index}\n`,
  }));
  for (const { branch, mark, turn } of planned) {
    stream.push(
      `commit refs/heads/${branch}\nmark :${mark}\n`,
      "committer Ada Example <ada@example.org> 1772366400 +0000\ndata 2\nA\n",
      ...(mark - branches.length >= 2 ? [`from :${mark - branches.length}\n`] : []),
      `M 100644 :1 ${file}\nM 100644 inline turn\ndata ${turn.length}\n${turn}\n`,
    );
  }
  const marks = join(bare, "imported");
  const args = ["-C", bare, "fast-import", "--quiet", `--export-marks=${marks}`];
  const child = spawn("git", args, { stdio: ["pipe", "inherit", "inherit"] });
  child.stdin.end(stream.join(""));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error("git fast-import failed");
  const named = new Map(
    (await readFile(marks, "utf8"))
      .trim()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]),
  );
  return planned.map(({ branch, mark }) => ({ branch, commit: named.get(`:${mark}`)! }));
}

/** Some at a time; whatever is not answered is sent again under its id, as GitHub's senders do. */
async function sendAll(
  pushes: readonly Push[],
  project: ProjectView,
  { senders, kill }: Burst,
  restart: () => Promise<void>,
): Promise<Pick<BurstFigures, "answerMs" | "sentAgain">> {
  const waiting = [...pushes];
  const answerMs: number[] = [];
  let sentAgain = 0;
  let restarted: Promise<void> | undefined;

  async function send(push: Push): Promise<void> {
    const digest = createHmac("sha256", project.hook_secret!).update(push.body).digest("hex");
    const headers = {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": push.id,
      "x-hub-signature-256": `sha256=${digest}`,
    };
    for (;;) {
      const began = performance.now();
      const request = { method: "POST", headers, body: push.body };
      const response = await fetch(project.hooks!.github, request).catch(() => undefined);
      if (response?.status === 202) {
        await (response.json() as Promise<HookAnswer>);
        answerMs.push(performance.now() - began);
        return;
      }
      if (response && response.status < 500) throw new Error(await response.text());
      sentAgain++;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function sender(): Promise<void> {
    for (let push = waiting.shift(); push; push = waiting.shift()) {
      await send(push);
      if (kill && answerMs.length >= pushes.length / 2) restarted ??= restart();
    }
  }
  await Promise.all(Array.from({ length: senders }, sender));
  await restarted;
  return { answerMs, sentAgain };
}

async function ownerOf({ url, data }: Pick<Served, "url" | "data">) {
  const token = (await readFile(join(data, "owner-token"), "utf8")).trim();
  const call = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Answer;
  };

  /** All pages of a list, newest first. */
  async function pages<Item extends { id: string }>(path: string, name: string): Promise<Item[]> {
    const all: Item[] = [];
    for (;;) {
      const before = all.at(-1);
      const query = `?limit=100${before ? `&before=${before.id}` : ""}`;
      const page = (await call<Record<string, Item[]>>("GET", path + query))[name]!;
      all.push(...page);
      if (page.length < 100) return all;
    }
  }

  return {
    create: (repository: string) =>
      call<ProjectView>("POST", paths.projects, { slug: SLUG, repository }),
    runs: () => pages<RunSummary>(paths.projectRuns(SLUG), "runs"),
    openRuns: async () =>
      (await call<{ runs: RunSummary[] }>("GET", `${paths.projectRuns(SLUG)}?state=open&limit=1`))
        .runs,
    deliveries: () => pages<Delivery>(paths.deliveries(SLUG), "deliveries"),

    async endedOtherThanOnce(runs: readonly RunSummary[]): Promise<string[]> {
      const wrong: string[] = [];
      for (const { id } of runs) {
        const headers = { authorization: `Bearer ${token}` };
        const events = await (await fetch(url + paths.runEvents(id), { headers })).text();
        const ends = events.split('"type":"ended"').length - 1;
        if (ends !== 1) wrong.push(`Run ${id} ended ${ends} times.`);
      }
      return wrong;
    },
  };
}

function wrongRuns(pushes: readonly Push[], runs: readonly RunSummary[]): string[] {
  const wanted = new Set(pushes.map(({ commit }) => commit));
  const made = counted(runs.map(({ commit }) => commit ?? "none"));
  const missing = [...wanted].filter((commit) => !made[commit]);
  const more = Object.entries(made).filter(([commit, times]) => times > 1 || !wanted.has(commit));
  const failed = runs.filter(({ state }) => state !== "succeeded");
  return [
    ...missing.map((commit) => `There is no run at ${commit}.`),
    ...more.map(([commit, times]) => `There are ${times} runs at ${commit}.`),
    ...failed.map(({ id, state }) => `Run ${id} ended ${state}.`),
  ];
}

/** Within a branch, one run after another, in the order in which their deliveries arrived. */
function wrongOrder(deliveries: readonly Delivery[], runs: readonly RunSummary[]): string[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const arrived = deliveries
    .filter(({ outcome }) => outcome === "run")
    .toReversed()
    .flatMap(({ run }) => byId.get(run!) ?? []);
  const lanes = Object.values(Object.groupBy(arrived, ({ ref }) => ref!));
  return lanes.flatMap((lane) =>
    lane!.flatMap((run, index) => {
      const before = lane![index - 1];
      const early = before && !(before.ended_at! <= run.started_at!);
      return early ? [`Run ${run.id} on ${run.ref} began before ${before.id} had ended.`] : [];
    }),
  );
}

function counted(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
