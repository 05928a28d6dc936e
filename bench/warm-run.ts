import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deferred, startServing } from "../test/e2e/server-process.ts";
import { percentile, spread, type Bench } from "./figure.ts";

const RUNS = 100;
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

export const warmRun: Bench = {
  name: "warm-run",
  summary: `HTTP request to ended run of a python one-liner, ${RUNS} times, beside bare python3.`,
  async run() {
    const served = await startServing();
    try {
      const file = join(served.data, "answer.py");
      await writeFile(file, PROGRAM);
      const { stdout: body } = await deferred(served, ["sign", file, "--format", "json"]);
      const headers = { "content-type": "application/json", accept: "text/plain" };
      // The answer's body is the output as it comes; it ends when the run has.
      const request = async () => {
        const response = await fetch(`${served.url}/v1/runs`, { method: "POST", headers, body });
        return response.text();
      };
      const bare = () => outputOf("/usr/bin/python3", ["-c", PROGRAM]);
      const bwrapped = () =>
        outputOf("/usr/bin/bwrap", [...BUBBLEWRAP.split(" "), "python3", "-c", PROGRAM]);
      const times = { request: [] as number[], bare: [] as number[], bwrapped: [] as number[] };
      for (let index = -10; index < RUNS; index++) {
        const row = [await timed(request), await timed(bare), await timed(bwrapped)] as const;
        if (index < 0) continue; // The first ones warm all three up.
        times.request.push(row[0]);
        times.bare.push(row[1]);
        times.bwrapped.push(row[2]);
      }
      const p50 = (values: number[]) => percentile(values, 0.5);
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
