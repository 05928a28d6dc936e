import { setTimeout as sleep } from "node:timers/promises";
import { percentile, type Bench, type Figure } from "../figure.ts";
import { SNIPPETS, type Snippet } from "../warm/snippets.ts";
import { runAtOnce, runInTurn, type Request } from "./load.ts";
import { PEER_NAMES, peerAt, startFloor, startOurs, type Side } from "./side.ts";

/** The sides take turns, each alone, so that a host that slows down affects all of them. */
const ROUNDS = 2;
const WARM_UP = 10;
const IN_TURN = 20;
const CLIENTS = [2, 8, 32];
const SUSTAINED_MS = 2500;
/** What a side left behind ends, and what it starts ahead has started. */
const REST_MS = 1500;

/** Runs a second of this product to those of the floor, python at 32 clients. */
const LEAST_TO_FLOOR = 2;

interface Measured {
  side: Side;
  request: Request;
  inTurn: number[];
  /** By clients: runs and seconds. */
  sustained: Map<number, { runs: number; seconds: number; failed: number }>;
}

export const peers: Bench = {
  name: "peers",
  summary:
    "One-liners through this product, a bare loop over bubblewrap, and each --peer NAME=URL.",
  async run({ peers: given }) {
    const others = given.map(peerAt);
    const missing = PEER_NAMES.filter((name) => !others.some((side) => side.name === name));
    for (const name of missing) {
      process.stdout.write(`not run: ${name} (--peer ${name}=URL; docs/bench.md says how)\n`);
    }
    const sides: Side[] = [];
    const figures: Figure[] = [];
    try {
      sides.push(await startOurs(), await startFloor(), ...others);
      for (const snippet of Object.values(SNIPPETS)) {
        figures.push(...(await compare(snippet, sides)));
      }
      return figures;
    } finally {
      for (const side of sides) await side.close();
    }
  },
};

async function compare(snippet: Snippet, sides: readonly Side[]): Promise<Figure[]> {
  const measured: Measured[] = [];
  for (const side of sides) {
    const request = await side.requestFor(snippet);
    try {
      await runInTurn(request, WARM_UP);
      measured.push({ side, request, inTurn: [], sustained: new Map() });
    } catch (error) {
      process.stdout.write(`not run: ${snippet.name} by ${side.name}: ${String(error)}\n`);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of measured) await measureRound(one);
  }
  const [ours, floor, ...rest] = measured;
  if (!ours || !floor || ours.side !== sides[0] || floor.side !== sides[1]) {
    throw new Error(`${snippet.name} ran neither here nor on the floor.`);
  }
  return [
    inTurnFigure(snippet, ours, floor, rest),
    ...CLIENTS.map((clients) => sustainedFigure(snippet, clients, ours, floor, rest)),
  ];
}

async function measureRound({ side, request, inTurn, sustained }: Measured): Promise<void> {
  await sleep(REST_MS);
  inTurn.push(...(await runInTurn(request, IN_TURN)));
  for (const clients of CLIENTS) {
    const { times, failures, seconds } = await runAtOnce(request, clients, SUSTAINED_MS);
    const [first] = failures;
    if (first !== undefined) process.stdout.write(`${side.name}, ${clients} at once: ${first}\n`);
    const sum = sustained.get(clients) ?? { runs: 0, seconds: 0, failed: 0 };
    sustained.set(clients, {
      runs: sum.runs + times.length,
      seconds: sum.seconds + seconds,
      failed: sum.failed + failures.length,
    });
  }
}

function inTurnFigure(
  snippet: Snippet,
  ours: Measured,
  floor: Measured,
  rest: readonly Measured[],
): Figure {
  const p50 = ({ inTurn }: Measured) => percentile(inTurn, 0.5);
  return {
    name: `${snippet.name}, one after another`,
    measured: `${p50(ours).toFixed(1)} ms p50`,
    beside: [floor, ...rest]
      .map((one) => `${one.side.name} ${p50(one).toFixed(1)} ms${ratioTo(floor, one, p50)}`)
      .join(", "),
    value: p50(ours) / p50(floor),
    bound: Infinity,
    unit: "× floor",
  };
}

function sustainedFigure(
  snippet: Snippet,
  clients: number,
  ours: Measured,
  floor: Measured,
  rest: readonly Measured[],
): Figure {
  const rate = ({ sustained }: Measured) => {
    const { runs, seconds } = sustained.get(clients)!;
    return runs / seconds;
  };
  const text = (one: Measured) => {
    const { failed } = one.sustained.get(clients)!;
    return `${rate(one).toFixed(1)}/s${failed > 0 ? ` (${failed} refused)` : ""}`;
  };
  const isBound = snippet.name === "python" && clients === Math.max(...CLIENTS);
  return {
    name: `${snippet.name}, ${clients} at once`,
    measured: text(ours),
    beside: [floor, ...rest]
      .map((one) => `${one.side.name} ${text(one)}${ratioTo(floor, one, rate)}`)
      .join(", "),
    value: rate(ours) / rate(floor),
    ...(isBound ? { bound: LEAST_TO_FLOOR, atLeast: true } : { bound: Infinity }),
    unit: "× floor",
  };
}

function ratioTo(floor: Measured, one: Measured, of: (one: Measured) => number): string {
  return one === floor ? "" : ` (${(of(one) / of(floor)).toFixed(2)}×)`;
}
