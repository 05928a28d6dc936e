import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Starts of a command and their ends, measured from a shell: a large parent's fork would count too. */
export interface BareStarts {
  /** Wall milliseconds of each. */
  times: number[];
  /** CPU milliseconds of one, on the average. */
  cpuMs: number;
}

/** bash's `times` prints the children's time in its last line, as `0m1.234s 0m0.345s`. */
const LOOP = `
count=$1; shift
for ((i = 0; i < count; i++)); do
  began=$EPOCHREALTIME
  "$@" >/dev/null
  echo "$began $EPOCHREALTIME"
done
times`;

export async function startBare(command: readonly string[], count: number): Promise<BareStarts> {
  const args = ["--norc", "-c", LOOP, "bare", String(count), ...command];
  const { stdout } = await run("/bin/bash", args, { env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } });
  const lines = stdout.trimEnd().split("\n");
  const children = lines.at(-1)!.matchAll(/(\d+)m([\d.]+)s/g);
  const seconds = [...children].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return {
    times: lines.slice(0, count).map((line) => {
      const [began = 0, ended = 0] = line.split(" ").map(Number);
      return (ended - began) * 1000;
    }),
    cpuMs: (seconds.reduce((sum, one) => sum + one, 0) * 1000) / count,
  };
}
