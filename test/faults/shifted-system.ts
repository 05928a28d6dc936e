import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startFaulty } from "./faulty-system.ts";

const preload = join(import.meta.dirname, "../fixtures/shifted-clock.ts");

/** A real server whose clocks are set by the test: its responders' are let be. */
export async function startShifted() {
  const root = await mkdtemp(join(tmpdir(), "deferred-clock-"));
  const file = join(root, "shift.json");
  const shifted = { wall: 0, steady: 0 };
  const write = async () => {
    await writeFile(`${file}.new`, JSON.stringify(shifted));
    await rename(`${file}.new`, file);
  };
  await write();
  const env = { NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT: file };
  const system = await startFaulty(join(root, "data"), env);
  onTestFinished(async () => {
    await system.clear();
    await rm(root, { recursive: true, force: true });
  });
  return {
    ...system,

    /** Somebody sets the clock. */
    async jump(ms: number): Promise<void> {
      shifted.wall += ms;
      await write();
    },

    /** Time passes. */
    async pass(ms: number): Promise<void> {
      shifted.wall += ms;
      shifted.steady += ms;
      await write();
    },
  };
}
