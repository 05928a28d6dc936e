import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { held } from "./held.ts";
import { startIntercepted } from "../systems/in-process.ts";

/** Longer than a lease, and shorter than a responder waits for an answer. */
const FROZEN_MS = 17_000;

test("a program that ends while its server does nothing for longer than a lease has not run in vain", async () => {
  const server = await startIntercepted(async (request, passOn) => passOn(request));
  const { line, pids, release, waits } = held();
  const run = await server.run(`echo begun; ${line}; echo done\n`, { retry: "never" });
  await eventually(async () => (waits() ? true : undefined));
  await eventually(async () =>
    (await server.log()).includes("attempt started") ? true : undefined,
  );
  for (const pid of pids()) process.kill(pid);
  // Nothing of this process goes on meanwhile, the server least of all.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FROZEN_MS);
  release();
  expect(await server.result(run)).toMatchObject({
    state: "succeeded",
    attempt: 1,
    stdout: "begun\ndone\n",
  });
});
