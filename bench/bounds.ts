import { killMigrations } from "../test/faults/killed-migrations.ts";
import { startTarget } from "../test/security/fuzz/target.ts";
import { HOOK_ATTACK, holdBodies, MOST_GROWTH } from "../test/security/held-bodies.ts";
import { costOfShapes, MOST_MS } from "../test/security/shapes.ts";
import type { Bench, Figure } from "./figure.ts";

const MOMENTS = 20;

export const bounds: Bench = {
  name: "bounds",
  summary: "Kills first starts and upgrades, and sends what costs the server most.",
  async run() {
    return [await migrations(), await shapes(), await heldBodies()];
  },
};

async function migrations(): Promise<Figure> {
  const first = await killMigrations("first start", MOMENTS);
  const upgrade = await killMigrations("upgrade", MOMENTS);
  const all = [...first, ...upgrade];
  const wrong = all.filter((one) => one.wrong !== undefined);
  return {
    name: "killed migrations that don't open",
    measured: `${first.length} + ${upgrade.length} kills, ${all.length - wrong.length} open`,
    beside: wrong.map((one) => `after ${one.after} statements: ${one.wrong}`).join("\n"),
    value: wrong.length,
    bound: 0,
    unit: "",
  };
}

async function shapes(): Promise<Figure> {
  const costs = await costOfShapes();
  const [worst] = costs.toSorted((a, b) => b.ms / allowed(b) - a.ms / allowed(a));
  const { at, shape, bytes, ms, plainMs, status } = worst!;
  return {
    name: "CPU of the costliest request",
    measured: `${ms.toFixed(0)} ms`,
    beside: `${shape}, ${(bytes / 2 ** 20).toFixed(1)} MiB, in ${at}: ${status}; a plain one ${plainMs.toFixed(0)} ms; of ${costs.length} requests`,
    value: ms / allowed(worst!),
    bound: 1,
    unit: "",
  };
}

/** 50 ms, or twice what a plain request of that size takes. */
const allowed = ({ plainMs }: { plainMs: number }) => Math.max(MOST_MS, 2 * plainMs);

async function heldBodies(): Promise<Figure> {
  const target = await startTarget();
  try {
    const path = new URL(target.project.hooks!.github).pathname;
    const { before, most, statuses } = await holdBodies(target, { ...HOOK_ATTACK, path });
    const times = (status: number) => statuses.filter((one) => one === status).length;
    return {
      name: "memory for 24 held bodies of 25 MB",
      measured: `${(before / MiB).toFixed(0)} to ${(most / MiB).toFixed(0)} MiB`,
      beside: `${times(503)} refused at once, ${times(408)} after their time`,
      value: (most - before) / MiB,
      bound: MOST_GROWTH / MiB,
      unit: " MiB",
    };
  } finally {
    await target.close();
  }
}

const MiB = 2 ** 20;
