import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pagePaths } from "../../../../protocol/paths.ts";
import { createFaults } from "../../../../server/operate/faults/faults.ts";
import { LARGE_END } from "../../played-machine.ts";
import { signIn } from "../../sign-in.ts";
import { startSystem } from "../../system.ts";

async function fileOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-faults-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "faults.json");
}

function failure(message: string): Error {
  return new Error(message, { cause: Object.assign(new Error("no space"), { code: "ENOSPC" }) });
}

test("a kind of fault is one, however often it happens and whatever it is about", async () => {
  let at = 1000;
  const faults = createFaults({ file: await fileOfTest(), now: () => at });
  for (const run of ["0123456789abcdefgh", "hgfedcba9876543210"]) {
    at += 1000;
    faults.record("a result could not be stored", failure(`PUT ${run} took 31 ms`), { run });
  }
  faults.record("a result could not be stored", new TypeError("other"), {});
  expect(faults.list()).toMatchObject([
    { count: 1, error: { type: "TypeError" } },
    {
      what: "a result could not be stored",
      count: 2,
      first_at: 2000,
      last_at: 3000,
      context: { run: "hgfedcba9876543210" },
      error: { cause: { code: "ENOSPC" } },
    },
  ]);
  await faults.close();
});

test("they outlast a restart, a crash too, and are so many at most", async () => {
  const file = await fileOfTest();
  const open = () => createFaults({ file, now: Date.now, most: 5 });
  const first = open();
  for (let kind = 0; kind < 20; kind++) first.record(`no ${"x".repeat(kind)}`, failure("a"), {});
  await first.close();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const second = open();
  expect(second.list()).toEqual(first.list());
  expect(second.list()).toHaveLength(5);
  second.recordLast("the server ended", failure("b"));
  expect(open().list()[0]).toMatchObject({ what: "the server ended", error: { message: "b" } });
  await writeFile(file, "[{");
  expect(open().list()).toEqual([]);
});

test("what fails for a reason of ours is shown to the owner, with its context, and to nobody else", async () => {
  const system = await startSystem();
  const cookie = await signIn(system);
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  // A file where a folder has to be: no result can be written.
  await rm(system.folder.storage, { recursive: true, force: true });
  await writeFile(system.folder.storage, "");
  await machine.finish(held, {}, LARGE_END);
  expect((await system.call("GET", "/readyz")).status).toBe(503);

  const page = await system.call("GET", pagePaths.operator, undefined, { cookie });
  expect(page.status).toBe(200);
  expect(page.headers.get("cache-control")).toBe("no-store");
  const text = await page.text();
  expect(text).toContain("a result could not be stored");
  expect(text).toContain(`run=${id}`);
  expect(text).toContain("ENOTDIR");
  expect(text).toMatch(/request=[0-9a-z]{16}/);
  expect(text).toContain("launched, nothing to install");

  expect(text).toContain(`href="${pagePaths.blockRun(id)}"`);
  expect(text).toContain("no backup was made yet");

  const form = { cookie, origin: "http://127.0.0.1:8080", "sec-fetch-site": "same-origin" };
  const seen = await system.call("POST", "/operator/faults/seen", undefined, form);
  expect(seen.status).toBe(303);
  const after = await system.call("GET", pagePaths.operator, undefined, { cookie });
  expect(await after.text()).toContain("None since they were last marked as seen.");

  const token = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const others: Record<string, string>[] = [{}, { cookie: `${cookie}x` }, token];
  for (const headers of others) {
    const refused = await system.call("GET", pagePaths.operator, undefined, headers);
    expect(refused.status).toBe(401);
    expect(await refused.text()).not.toContain("could not be stored");
  }
  const metrics = await (await system.call("GET", "/metrics")).text();
  expect(Number(/^deferred_faults_total (\d+)$/m.exec(metrics)![1])).toBeGreaterThan(0);
});

test("a message that holds markup is shown as text", async () => {
  const system = await startSystem();
  await writeFile(
    system.folder.faults,
    JSON.stringify([
      {
        ...{ id: "a", what: "<script>alert(1)</script>", count: 1, first_at: 1, last_at: 1 },
        ...{ error: { type: "Error", message: "<b>" }, context: { route: "<i>" } },
      },
    ]),
  );
  await system.close();
  const again = await startSystem({ DEFERRED_DATA: system.root });
  const page = await again.call("GET", pagePaths.operator, undefined, {
    cookie: await signIn(again),
  });
  const text = await page.text();
  expect(text).toContain("&lt;script&gt;alert(1)");
  expect(text).not.toContain("<script>alert");
});
