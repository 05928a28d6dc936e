import { fork } from "node:child_process";
import { join } from "node:path";
import { newKeyPair } from "../../blocks/keys.ts";
import type { MachineView } from "../../protocol/machines.ts";
import { paths } from "../../protocol/paths.ts";
import type { Result } from "../../protocol/run.ts";
import { eventually } from "../../test/eventually.ts";
import { createOwner, signCode } from "../../test/systems/client.ts";
import { startServing } from "../../test/systems/process.ts";
import { answerOf } from "../crowd/answer-of.ts";
import { residentMb } from "../accept.ts";
import type { Load, SendOrder, SendReport, Sent } from "./sender.ts";
import { countDescriptors, watch, type Watched } from "./watch.ts";

/** How many times of the machine's rate arrives, and for how long. */
export const TIMES = 10;
const WARM_UP_S = 3;
const ALONE_S = 8;
const FLOOD_S = 10;
/** Short queues, so that the bench is over soon. */
const QUEUES = { DEFERRED_MAX_WAITING: "240", DEFERRED_MAX_WAITING_PROJECT: "100" };
const LIMITS = { DEFERRED_RATE_BLOCK: "0", DEFERRED_RATE_PROJECT: "0" };
const SETTLE_MS = 3000;

export const SLOW_S = 2;
const SHORT = "print(6 * 7)";
const PROGRAMS = {
  greedy: { runtime: "python", code: SHORT },
  busy: { runtime: "python", code: SHORT },
  small: { runtime: "python", code: SHORT },
  slow: { runtime: "bash", code: `sleep ${SLOW_S}; echo 42` },
};
export type Project = keyof typeof PROGRAMS;
export const PROJECTS = Object.keys(PROGRAMS) as Project[];
const STDOUT = "42\n";

/** The unloaded machine has as many clients as keep it busy. */
const CLIENTS: Record<Project, number> = { greedy: 6, busy: 6, small: 1, slow: 2 };
/** Requests a second to the machine's rate; a slow run takes a slot for two seconds. */
export const SHARES: Record<Project, number> = {
  greedy: 0.78 * TIMES,
  busy: 0.2 * TIMES,
  small: 0.1,
  slow: 0.1,
};

/** An accepted run, after its end. */
interface Ended {
  project: Project;
  result: Result | undefined;
  queuedAt: number;
  startedAt: number;
  endedAt: number;
}

export interface Phase {
  sent: Sent[];
  ended: Ended[];
  watched: Watched;
  /** Milliseconds since 1970. */
  beganAt: number;
  overAt: number;
  senderCpuMs: number;
}

export interface Flooded {
  alone: Phase;
  flood: Phase;
  before: Held;
  after: Held;
  offeredPerS: number;
  /** Of all machines at the peak. */
  slots: number;
}

interface Held {
  mb: number;
  descriptors: number;
}

/** Measures a server while all its slots are busy, and then offers it ten times the load. */
export async function floodServer(): Promise<Flooded> {
  const served = await startServing({
    DEFERRED_LOG: "error",
    DEFERRED_TRUST_PROXY: "1",
    ...QUEUES,
    ...LIMITS,
  });
  const sender = fork(join(import.meta.dirname, "sender.ts"));
  const { url } = served;
  const pid = served.process.pid!;
  const held = () => ({ mb: residentMb(pid), descriptors: countDescriptors(pid) });

  async function phase(seconds: number, loads: Load[]): Promise<Phase> {
    const beganAt = Date.now();
    const answer = answerOf<SendReport>(sender);
    sender.send({ url, seconds, loads } satisfies SendOrder);
    const during = new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const pages = ["/healthz", "/"];
    const [{ sent, cpuMs }, watched] = await Promise.all([
      answer,
      watch(url, pid, { pages, until: during }),
    ]);
    // One after another: each connection more would count as left behind.
    const ended: Ended[] = [];
    for (const one of sent) if (one.run) ended.push(await resultOf(one));
    return { sent, ended, watched, beganAt, overAt: beganAt + seconds * 1000, senderCpuMs: cpuMs };
  }

  try {
    const bodies = await signAll(served);
    const load = (project: Project): Load => ({ project, body: bodies[project] });
    const clients = PROJECTS.map((one) => ({ ...load(one), clients: CLIENTS[one] }));
    await phase(WARM_UP_S, clients);
    const alone = await phase(ALONE_S, clients);
    const perS = rateOf(alone);
    const before = held();
    const arrivals = PROJECTS.map((one) => ({ ...load(one), perS: SHARES[one] * perS }));
    const flood = await phase(FLOOD_S, arrivals);
    const slots = await countSlots(served);
    sender.kill();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const offeredPerS = arrivals.reduce((sum, one) => sum + one.perS, 0);
    return { alone, flood, before, after: held(), offeredPerS, slots };
  } finally {
    sender.kill();
    await served.clear();
  }
}

/** Runs a second that ended while requests came. */
export function rateOf({ ended, beganAt, overAt }: Phase): number {
  const during = ended.filter(({ endedAt }) => endedAt > beganAt && endedAt <= overAt);
  return (during.length * 1000) / (overAt - beganAt);
}

async function countSlots(served: { url: string; data: string }): Promise<number> {
  const owner = await createOwner(served);
  const response = await owner.call("GET", paths.machines);
  const { machines } = (await response.json()) as { machines: MachineView[] };
  return machines.reduce((sum, { state, slots }) => sum + (state === "ready" ? slots : 0), 0);
}

/** Projects with a key each, and a signed program of each. */
async function signAll(served: { url: string; data: string }): Promise<Record<Project, string>> {
  const { url } = served;
  const owner = await createOwner(served);
  const sign = async ([project, { runtime, code }]: [
    string,
    { runtime: string; code: string },
  ]) => {
    const slug = `bench/${project}`;
    const { publicJwk, privateJwk } = await newKeyPair();
    await owner.createProject(slug, "https://git.example/bench.git");
    const added = await owner.call("POST", paths.keys(slug), { jwk: publicJwk });
    if (!added.ok) throw new Error(await added.text());
    const block = await signCode(code, url, privateJwk, { iss: slug, runtime });
    return [project, JSON.stringify({ block, code })];
  };
  const bodies = await Promise.all(Object.entries(PROGRAMS).map(sign));
  return Object.fromEntries(bodies) as Record<Project, string>;
}

/** Waits for an accepted run's result, and checks it. */
async function resultOf({ project, run }: Sent): Promise<Ended> {
  const result = await eventually(async () => {
    const response = await fetch(run!.result_url);
    if (response.ok) return (await response.json()) as Result;
    await response.body?.cancel();
    return undefined;
  });
  const { queued, started, ended } = result.times;
  const isRight = result.state === "succeeded" && result.stdout === STDOUT;
  return {
    project: project as Project,
    result: isRight ? result : undefined,
    queuedAt: Date.parse(queued),
    startedAt: Date.parse(started ?? ended),
    endedAt: Date.parse(ended),
  };
}
