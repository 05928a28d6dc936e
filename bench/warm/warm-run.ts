import { startServing } from "../../test/systems/process.ts";
import { percentile, type Bench, type Figure } from "../figure.ts";
import { startBare } from "./bare.ts";
import { countCpu } from "./cpu.ts";
import { signSnippet, SNIPPETS, timeRun, type Snippet } from "./snippets.ts";

/** The sides take turns, so that a host that slows down affects both. */
const BLOCKS = 6;
const BLOCK = 20;
const WARM_UP = 20;

/** p50 of a run, from the request until it is stored, to p50 of the interpreter's start and exit alone. */
const BOUNDS = { python: 1, ruby: 1, node: 1.2, bash: 1.2 };
const TAIL_BOUND = 3;

type Name = keyof typeof BOUNDS;

export const warmRun: Bench = {
  name: "warm-run",
  summary: `HTTP request to ended run of one-liners in four languages, ${BLOCKS} × ${BLOCK} times, beside bare starts.`,
  async run() {
    const served = await startServing({ DEFERRED_LOG: "error" });
    const cpu = countCpu(served);
    /** Within a block each run waits for the refill of the sandboxes before it; the other side never does. */
    const block = async (body: string, count: number) => {
      const times: number[] = [];
      while (times.length < count) times.push(await timeRun(served.url, body));
      await cpu.settle();
      return times;
    };
    const figures: Figure[] = [];
    try {
      for (const name of Object.keys(BOUNDS) as Name[]) {
        const snippet: Snippet = SNIPPETS[name];
        const body = await signSnippet(served, snippet);
        await block(body, WARM_UP);
        await startBare(snippet.bare, 2);
        const times = { warm: [] as number[], bare: [] as number[] };
        for (let index = 0; index < BLOCKS; index++) {
          times.warm.push(...(await block(body, BLOCK)));
          times.bare.push(...(await startBare(snippet.bare, BLOCK)).times);
        }
        figures.push(...figuresOf(name, times));
      }
      return figures;
    } finally {
      await served.clear();
      cpu.remove();
    }
  },
};

function figuresOf(name: Name, { warm, bare }: { warm: number[]; bare: number[] }): Figure[] {
  const at = (times: number[], share: number) => percentile(times, share);
  const list = (times: number[]) =>
    `${[0.5, 0.95, 0.99].map((share) => at(times, share).toFixed(1)).join("/")} ms`;
  return [
    {
      name: `warm ${name} run, to its bare start`,
      measured: list(warm),
      beside: `bare ${list(bare)}; p50/p95/p99`,
      value: at(warm, 0.5) / at(bare, 0.5),
      bound: BOUNDS[name],
      unit: "×",
    },
    {
      name: `warm ${name} run, p99 to p50`,
      measured: "",
      beside: `bare ${(at(bare, 0.99) / at(bare, 0.5)).toFixed(2)}×`,
      value: at(warm, 0.99) / at(warm, 0.5),
      bound: TAIL_BOUND,
      unit: "×",
    },
  ];
}
