import { createHmac } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import { startTarget, type Target } from "./fuzz/target.ts";
import { HOOK_ATTACK, holdBodies, MAX_GROWTH } from "./held-bodies.ts";

test(
  "connections that hold the longest bodies take little memory, and others are served meanwhile",
  { timeout: 120_000 },
  async () => {
    const target = await startTarget();
    onTestFinished(async () => void (await target.close()));
    const path = new URL(target.project.hooks!.github).pathname;
    // A first delivery and a first run load code, which is no memory that bodies hold.
    const served = await serveOrdinary(target, path);
    const holding = holdBodies(target, { ...HOOK_ATTACK, path });
    let over = false;
    const ended = holding.finally(() => (over = true));
    while (!over) {
      served.push(...(await serveOrdinary(target, path)));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const { before, most, statuses } = await ended;
    expect(new Set(served)).toEqual(new Set([202]));
    expect(new Set(statuses)).toEqual(new Set([408, 503]));
    expect((most - before) / 2 ** 20).toBeLessThan(MAX_GROWTH / 2 ** 20);
    const metrics = await (await fetch(`${target.url}/metrics`)).text();
    expect(metrics).toMatch(/^deferred_body_bytes\{where="memory"\} 0$/m);
    expect(metrics).toMatch(/^deferred_body_bytes\{where="disk"\} 0$/m);
    expect(await readdir(join(target.folder, "bodies"))).toEqual([]);
  },
);

/** Sends an ordinary delivery and an ordinary run. Resolves with both statuses. */
async function serveOrdinary(target: Target, path: string): Promise<number[]> {
  const body = JSON.stringify({ zen: "x" });
  const signature = createHmac("sha256", target.project.hook_secret!).update(body).digest("hex");
  const headers = { "x-hub-signature-256": `sha256=${signature}`, "x-github-event": "ping" };
  const delivered = await fetch(target.url + path, { method: "POST", headers, body });
  const run = await fetch(target.url + paths.runs, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ block: target.block, code: target.code }),
  });
  return [delivered.status, run.status];
}
