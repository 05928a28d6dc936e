import { createHmac, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../protocol/events.ts";
import { paths } from "../../protocol/paths.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import type { HookAnswer } from "../../protocol/deliveries.ts";
import type { Result } from "../../protocol/run.ts";
import { importCommits } from "../e2e/delivery-burst.ts";
import { eventually } from "../eventually.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import type { FaultySystem } from "./faulty-system.ts";
import { follow } from "./follower.ts";
import { checkFiles, noted, type StormFigures } from "./storm-figures.ts";

export type Pushes = Awaited<ReturnType<typeof startPushes>>;

const SLUG = "ada/app";
const SECRET = "a-secret-of-the-storm";
const BRANCHES = ["main", "one", "two", "three"];
/** Pushes to one branch that are not over yet: all but the first of them wait for their turn. */
const UNDER_WAY = 3;
/** What is cached is there as it was saved, or not at all; the secret is, and nobody reads it. */
const FILE = `secrets: [TOKEN]
caches:
  - folder: kept
    key: [.deferred-server]
artifacts: [left.txt]
commands:
  - name: Turn
    run: cat turn && echo "$TOKEN"
  - '[ ! -e kept/file ] || [ "$(cat kept/file)" = whole ]'
  - mkdir -p kept && echo whole >kept/file && cat turn >left.txt
`;

interface Push {
  number: number;
  branch: string;
  commit: string;
}

/** A run's place in its branch, by the server's clock. */
interface Turn {
  run: string;
  /** When its first attempt began, unless none did. */
  began: string | undefined;
  ended: string;
}

/** A project with a real repository, to whose branches so many pushes are made. */
export async function startPushes(root: string, system: FaultySystem, many: number) {
  const git = await startGitServer(root);
  const repository = await makeRepository(root, "app");
  const commits = await importCommits(repository.bare, BRANCHES, many, FILE);
  const pushes = commits.map((commit, number): Push => ({ ...commit, number }));
  const token = (await readFile(system.folder.ownerToken, "utf8")).trim();
  const own = { authorization: `Bearer ${token}` };
  const call = async (method: string, path: string, body: object) => {
    const headers = { ...own, "content-type": "application/json" };
    const request = { method, headers, body: JSON.stringify(body) };
    const response = await fetch(system.url + path, request);
    if (!response.ok) throw new Error(await response.text());
    return response;
  };
  const repositoryUrl = `${git.url}/app.git`;
  const made = await call("POST", paths.projects, { slug: SLUG, repository: repositoryUrl });
  const project = (await made.json()) as ProjectView;
  await call("PUT", paths.secret(SLUG, "TOKEN"), { value: SECRET });

  /** Under one id until it is acknowledged, as GitHub's senders do it. */
  async function deliver({ commit, branch }: Push, figures: StormFigures): Promise<string> {
    const body = JSON.stringify(bodyOf(commit, branch));
    const digest = createHmac("sha256", project.hook_secret!).update(body).digest("hex");
    const headers = {
      "content-type": "application/json",
      "x-github-event": "push",
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${digest}`,
    };
    for (;;) {
      const request = { method: "POST", headers, body };
      const response = await fetch(project.hooks!.github, request).catch(() => undefined);
      const answer = response?.status === 202 && (await response.json().catch(() => undefined));
      if (answer) return (answer as HookAnswer).run!;
      if (response && response.status < 500 && response.status !== 202 && response.status !== 429) {
        throw new Error(await response.text());
      }
      figures.sentAgain++;
      await sleep(100);
    }
  }

  async function toItsEnd(run: string, push: Push, figures: StormFigures): Promise<Turn[]> {
    const began = performance.now();
    const followed = await follow(system.url + paths.runEvents(run), own);
    const end = noted(run, followed, began, figures);
    if (!end) return [];
    figures.wrongEvents.push(...wrongSteps(followed.events));
    const result = await eventually(async () => {
      const response = await fetch(system.url + paths.runResult(run), { headers: own }).catch(
        () => {},
      );
      const read = response?.ok && (await response.json().catch(() => undefined));
      return (read || undefined) as Result | undefined;
    });
    figures.wrongResults.push(...wrongResult(result, push));
    await checkFiles(result, figures, own);
    const first = followed.events.find(({ type }) => type === "attempt_started");
    return [{ run, began: first?.at, ended: end.at }];
  }

  async function pushTo(branch: string, figures: StormFigures): Promise<string[]> {
    const turns: Promise<Turn[]>[] = [];
    const underWay = new Set<Promise<void>>();
    const runs: string[] = [];
    for (const push of pushes.filter((one) => one.branch === branch)) {
      while (underWay.size >= UNDER_WAY) await Promise.race(underWay);
      const run = await deliver(push, figures);
      runs.push(run);
      const turn = toItsEnd(run, push, figures);
      turns.push(turn);
      const over = turn.then(() => void underWay.delete(over));
      underWay.add(over);
    }
    figures.wrongOrder.push(...wrongOrder((await Promise.all(turns)).flat()));
    return runs;
  }

  return {
    close: () => git.close(),
    /** Resolves with the runs that came of it, once all are over. */
    async pushAll(figures: StormFigures): Promise<string[]> {
      return (await Promise.all(BRANCHES.map((branch) => pushTo(branch, figures)))).flat();
    },
  };
}

function bodyOf(commit: string, branch: string): object {
  const told = {
    id: commit,
    message: `Change of ${branch}`,
    timestamp: "2026-03-01T12:00:00Z",
    author: { name: "Ada Example", email: "ada@example.org" },
  };
  return {
    ...{ ref: `refs/heads/${branch}`, after: commit, deleted: false },
    ...{ commits: [told], head_commit: told, repository: { default_branch: "main" } },
  };
}

/** Within an attempt steps are numbered without a gap, and each that ends had begun. */
function wrongSteps(events: readonly RunEvent[]): string[] {
  const wrong: string[] = [];
  let begun = 0;
  let open = 0;
  for (const event of events) {
    if (event.type === "attempt_started") begun = open = 0;
    if (event.type === "step_started") {
      if (event.step !== begun + 1)
        wrong.push(`Run ${event.run}: step ${event.step} after ${begun}.`);
      begun = event.step;
      open++;
    }
    if (event.type === "step_ended" && --open < 0)
      wrong.push(`Run ${event.run}: a step ended twice.`);
  }
  return wrong;
}

function wrongResult(result: Result, { number, commit }: Push): string[] {
  if (result.state === "errored") {
    return result.reason ? [] : [`Result ${result.id} has no reason.`];
  }
  const right =
    result.state === "succeeded" &&
    result.stdout === `${number}\n***\n` &&
    result.command?.commits[0] === commit &&
    result.artifacts.map(({ name }) => name).join() === "left.txt";
  return right
    ? []
    : [
        `Result ${result.id} is ${result.state} with ${JSON.stringify(result.stdout + result.stderr)}, ${result.reason?.message}.`,
      ];
}

/** One after another, in the order of the pushes. */
function wrongOrder(turns: readonly Turn[]): string[] {
  return turns.flatMap(({ run, began }, index) => {
    const before = turns[index - 1];
    if (!before || began === undefined || began >= before.ended) return [];
    return [`Run ${run} began before ${before.run} had ended.`];
  });
}
