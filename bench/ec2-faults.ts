import { runUnderFaults } from "../test/e2e/ec2-chaos.ts";
import { percentile, spread, type Bench } from "./figure.ts";

const RUNS = 200;
const SHARE = 0.1;

const list = (counts: Record<string, number>) =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(", ");

export const ec2Faults: Bench = {
  name: "ec2-faults",
  summary: `${RUNS} runs on machines behind an EC2 endpoint, with every fault at ${SHARE * 100} %.`,
  async run() {
    const seed = Math.floor(Math.random() * 1e9);
    const figures = await runUnderFaults({ runs: RUNS, servers: 4, share: SHARE, seed });
    const ended = Object.values(figures.ends).reduce((sum, one) => sum + one, 0);
    return [
      {
        name: `runs of ${RUNS} that did not end`,
        measured: `seed ${seed}`,
        beside: list(figures.ends),
        value: RUNS - ended,
        bound: 0,
        unit: "",
      },
      {
        name: "runs told twice or wrongly",
        measured: "",
        beside: figures.wronglyTold.join("\n"),
        value: figures.wronglyTold.length,
        bound: 0,
        unit: "",
      },
      {
        name: "machines left after the sweep",
        measured: `of ${figures.machines}`,
        beside: list(figures.faults),
        value: figures.orphans,
        bound: 0,
        unit: "",
      },
      {
        name: "press to waking, EC2 failing",
        measured: spread(figures.wakingMs),
        beside: `${figures.wakingMs.length} wakes`,
        value: percentile(figures.wakingMs, 0.95),
        bound: 200,
        unit: " ms",
      },
    ];
  },
};
