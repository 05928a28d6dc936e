import { expect, test } from "vitest";
import { measureWarmCpu } from "../../bench/profile/warm-cpu.ts";
import { SNIPPETS } from "../../bench/warm/snippets.ts";
import { buildStale } from "../../setup/bundles.mjs";

/** CPU of one warm python run to that of bare `python3 -c`, with room above what was measured. */
const BOUNDS = { server: 0.6, responder: 0.5, sandbox: 1.8 };

test("a warm python run costs no more CPU than before", { timeout: 300_000 }, async () => {
  buildStale(["responder", "node", "guides"]);
  const { used, bare } = await measureWarmCpu(SNIPPETS.python, {
    ...{ blocks: 4, block: 15, warmUp: 100 },
  });
  const ratios = {
    server: used.server / bare.cpuMs,
    responder: used.responder / bare.cpuMs,
    sandbox: used.sandbox / bare.cpuMs,
  };
  process.stdout.write(`CPU of a run to bare python3: ${JSON.stringify(ratios)}\n`);
  expect(ratios.server).toBeLessThan(BOUNDS.server);
  expect(ratios.responder).toBeLessThan(BOUNDS.responder);
  expect(ratios.sandbox).toBeLessThan(BOUNDS.sandbox);
});
