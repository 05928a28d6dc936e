import { storm } from "../test/faults/storm.ts";
import { wrongs, type StormFigures } from "../test/faults/storm-figures.ts";
import { percentile, type Bench } from "./figure.ts";

const RUNS = Number(process.env["FAULTS_RUNS"] ?? 1000);
const PUSHES = Math.ceil(RUNS / 5);
const EVERY_MS = 1000;
/** Fewer: each run over a bad connection takes seconds. */
const LINE_RUNS = 10 * Math.ceil(RUNS / 100);

const list = (counts: Record<string, number>) =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(", ");

const endsOf = ({ ends }: StormFigures) => Object.values(ends).reduce((sum, one) => sum + one, 0);

const wrong = (name: string, measured: string, found: readonly string[]) => ({
  name,
  measured,
  bound: 0,
  unit: "",
  value: found.length,
  beside: found.slice(0, 5).join("\n"),
});

export const faults: Bench = {
  name: "faults",
  summary: `${RUNS} runs of blocks and pushes while a server or machine is killed each second; some over a bad connection.`,
  async run() {
    const seed = Number(process.env["FAULTS_SEED"] ?? Math.floor(Math.random() * 1e9));
    const many = { runs: RUNS - PUSHES, pushes: PUSHES };
    const figures = await storm({ ...many, clients: 16, everyMs: EVERY_MS, seed });
    const { kills, endMs } = figures;
    const onLine = await storm({
      runs: 0.8 * LINE_RUNS,
      pushes: 0.2 * LINE_RUNS,
      clients: 8,
      seed,
      badLine: true,
    });
    const ended = endsOf(figures);
    const seconds = (share: number) => (percentile(endMs, share) / 1000).toFixed(1);
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
        name: "SIGKILLs, in all",
        measured: `${figures.wholeS.toFixed(0)} s`,
        beside: `servers ${kills.servers}, machines ${kills.machines}, on their way ${kills.booting}; press to end ${seconds(0.5)}/${seconds(0.95)} s`,
        value: kills.servers + kills.machines + kills.booting,
        bound: Infinity,
        unit: "",
      },
      wrong("acknowledged runs lost or doubled", `${figures.sentAgain} sent again`, figures.lost),
      wrong("events missing or repeated", `${figures.cuts} reconnects`, figures.wrongEvents),
      wrong("pushes of a branch out of order", `${PUSHES} pushes`, figures.wrongOrder),
      wrong("results that are not their run's", "", figures.wrongResults),
      wrong("artifacts without run, or wrong", `${figures.artifacts} read`, figures.wrongFiles),
      wrong(
        `wrong where the machines' line loses, repeats and reorders calls`,
        `${LINE_RUNS} runs`,
        wrongs(onLine),
      ),
      {
        name: `ends of those ${LINE_RUNS} runs`,
        measured: `${onLine.wholeS.toFixed(0)} s`,
        beside: list(onLine.ends),
        value: endsOf(onLine),
        bound: Infinity,
        unit: "",
      },
    ];
  },
};
