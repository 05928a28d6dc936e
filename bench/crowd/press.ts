import { fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startServing } from "../../test/systems/process.ts";
import { readFirstKey, signCode } from "../../test/systems/client.ts";
import { answerOf } from "./answer-of.ts";
import type { Press, PressOrder } from "./many-readers.ts";

export interface Crowd {
  presses: Press[];
  /** Runs that the server ended during the presses. */
  made: number;
  /** From the first press to the last reader's result. */
  wholeMs: number;
}

const CODE = "echo begun; sleep 1; echo done\n";
const STDOUT = "begun\ndone\n";
const PROCESSES = 2;
const LASTING_S = 3600;
/** Long enough to stay the newest result until the whole crowd has asked. */
const BRIEF_S = 8;

/** Crowds that press one block: with no stored result, with a fresh one, with an old one. */
export async function press(readers: number): Promise<{ first: Crowd; later: Crowd; old: Crowd }> {
  const served = await startServing({ DEFERRED_TRUST_PROXY: "1" });
  const crowds = Array.from({ length: PROCESSES }, () =>
    fork(join(import.meta.dirname, "many-readers.ts")),
  );
  const { url } = served;
  const key = await readFirstKey(served.data);

  async function bodyOf(cache_s: number): Promise<string> {
    const block = await signCode(CODE, url, key, { cache_s });
    return JSON.stringify({ block, code: CODE });
  }

  async function crowd(body: string, many: number): Promise<Crowd> {
    const before = await runsEnded(url);
    const each = Math.ceil(many / PROCESSES);
    const answers = crowds.map(async (process, index) => {
      const order = { url, body, stdout: STDOUT, readers: each, from: index * each };
      process.send(order satisfies PressOrder);
      return answerOf<Press[]>(process);
    });
    const presses = (await Promise.all(answers)).flat();
    const first = Math.min(...presses.map(({ pressedAt }) => pressedAt));
    const last = Math.max(...presses.map(({ servedAt }) => servedAt));
    return { presses, made: (await runsEnded(url)) - before, wholeMs: last - first };
  }

  try {
    const lasting = await bodyOf(LASTING_S);
    const first = await crowd(lasting, readers);
    const later = await crowd(lasting, readers);
    const brief = await bodyOf(BRIEF_S);
    await crowd(brief, 1);
    await sleep(BRIEF_S * 1000);
    return { first, later, old: await crowd(brief, readers) };
  } finally {
    for (const process of crowds) process.kill();
    await served.clear();
  }
}

async function runsEnded(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = metrics.matchAll(/^deferred_runs_ended_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
