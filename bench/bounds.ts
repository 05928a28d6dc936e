import { killMigrations } from "../test/faults/killed-migrations.ts";
import type { Bench, Figure } from "./figure.ts";

const MOMENTS = 20;

export const bounds: Bench = {
  name: "bounds",
  summary: "Kills first starts and upgrades, and sends what costs the server most.",
  async run() {
    return [await migrations()];
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
