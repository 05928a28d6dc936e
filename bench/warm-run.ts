import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readUsage } from "../responder/process/process-tree.ts";
import { deferred, startServing, type Served } from "../test/systems/process.ts";
import { percentile, spread, type Bench } from "./figure.ts";

/** The sides take turns, so that a host that slows down affects all of them. */
const BLOCKS = 10;
const BLOCK = 10;
const QUIET_MS = 100;
const QUIET_TIMES = 3;
const PROGRAM = "print(6 * 7)";
const BUBBLEWRAP =
  "--unshare-all --unshare-user --disable-userns --die-with-parent --new-session --cap-drop ALL --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp --chdir /tmp --uid 65534 --gid 65534 --clearenv --setenv PATH /usr/bin:/bin";

async function timed(work: () => Promise<string>): Promise<number> {
  const began = performance.now();
  const output = await work();
  const took = performance.now() - began;
  if (output !== "42\n") throw new Error(`a run printed ${JSON.stringify(output)}`);
  return took;
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { env: { PATH: "/usr/bin:/bin" } });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  return output;
}

/**
 * Measures one side alone, several times in a row. Each run also waits for the work that the one before left behind: the
 * responder replaces the sandbox that was used.
 */
async function block(side: () => Promise<string>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < BLOCK; index++) times.push(await timed(side));
  return times;
}

/** Waits until the machines are idle, so that the other side has the host for itself. */
async function atRest({ machines }: Served): Promise<void> {
  for (let before = -1, quiet = 0; quiet < QUIET_TIMES; await sleep(QUIET_MS)) {
    const used = (await machines()).reduce((sum, pid) => sum + readUsage(pid).cpuS, 0);
    quiet = used === before ? quiet + 1 : 0;
    before = used;
  }
}

export const warmRun: Bench = {
  name: "warm-run",
  summary: `HTTP request to ended run of a python one-liner, ${BLOCKS} × ${BLOCK} times, beside bare python3.`,
  async run() {
    const served = await startServing();
    try {
      const file = join(served.data, "answer.py");
      await writeFile(file, PROGRAM);
      const { stdout: body } = await deferred(served, ["sign", file, "--format", "json"]);
      const headers = { "content-type": "application/json", accept: "text/plain" };
      // The body is the output as it arrives. It ends with the run.
      const request = async () => {
        const response = await fetch(`${served.url}/v1/runs`, { method: "POST", headers, body });
        return response.text();
      };
      const bare = () => outputOf("/usr/bin/python3", ["-c", PROGRAM]);
      const bwrapped = () =>
        outputOf("/usr/bin/bwrap", [...BUBBLEWRAP.split(" "), "python3", "-c", PROGRAM]);
      const times = { request: [] as number[], bare: [] as number[], bwrapped: [] as number[] };
      // Includes the time until the last sandbox is replaced.
      let whole = 0;
      for (let index = -1; index < BLOCKS; index++) {
        const began = performance.now();
        const requests = await block(request);
        await atRest(served);
        const took = performance.now() - began - (QUIET_TIMES + 1) * QUIET_MS;
        const bares = await block(bare);
        const bwraps = await block(bwrapped);
        if (index < 0) continue; // The first block of each warms it up.
        whole += took;
        times.request.push(...requests);
        times.bare.push(...bares);
        times.bwrapped.push(...bwraps);
      }
      const p50 = (values: number[]) => percentile(values, 0.5);
      const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
      const perSecond = (ms: number) => `${((1000 * BLOCKS * BLOCK) / ms).toFixed(1)} runs/s`;
      return [
        {
          name: "warm run, to bare python3 -c",
          measured: spread(times.request),
          beside: `python3 -c ${spread(times.bare)}`,
          value: p50(times.request) / p50(times.bare),
          bound: 3,
          unit: "×",
        },
        {
          name: "warm runs a second, with refill",
          measured: perSecond(whole),
          beside: `python3 -c ${perSecond(sum(times.bare))}`,
          value: whole / sum(times.bare),
          bound: 4,
          unit: "×",
        },
        {
          name: "warm run, to bubblewrap alone",
          measured: spread(times.request),
          beside: `bwrap python3 -c ${spread(times.bwrapped)}`,
          value: p50(times.request) / p50(times.bwrapped),
          bound: Number.POSITIVE_INFINITY,
          unit: "×",
        },
      ];
    } finally {
      await served.clear();
    }
  },
};
