import { killMigrations } from "../test/faults/killed-migrations.ts";
import { costOfShapes, MOST_MS } from "../test/security/shapes.ts";
import type { Bench, Figure } from "./figure.ts";

const MOMENTS = 20;

export const bounds: Bench = {
  name: "bounds",
  summary: "Kills first starts and upgrades, and sends what costs the server most.",
  async run() {
    return [await migrations(), await shapes()];
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
