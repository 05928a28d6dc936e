import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { listChildren, readStartTime } from "../../../../responder/process/process-tree.ts";
import { findRuntimes } from "../../../../responder/runtimes/find.ts";
import { bubblewrap } from "../../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { readLauncher } from "../../../../responder/sandbox/native/read-launcher.ts";
import { needs } from "../../../needs.ts";

const ways = [
  { way: "bubblewrap", native: false },
  ...(readLauncher() ? [{ way: "the native launcher", native: true }] : []),
];

const hasLauncher = needs(readLauncher() !== undefined, "a C compiler, which builds the launcher");
test("why the launcher does not work is told, and bubblewrap serves", hasLauncher, async () => {
  const state = mkdtempSync(join(tmpdir(), "deferred-probe-"));
  const onWithoutLauncher = vi.fn();
  // A folder in the place of its program.
  mkdirSync(join(state, `boot-${process.pid}-${readStartTime(process.pid)}`, "launcher"), {
    recursive: true,
  });
  const sandbox = bubblewrap(state, { onWithoutLauncher });
  onTestFinished(async () => {
    await sandbox.close();
    rmSync(state, { recursive: true, force: true });
  });
  expect(await sandbox.probe()).not.toContain("native-launcher");
  expect(onWithoutLauncher.mock.calls).toEqual([[expect.stringContaining("EISDIR")]]);
});

test.each(ways)(
  "the sandbox of the probe by $way is the first that its runtime gets, and an interpreter that does not start is no fault of the sandbox",
  async ({ native }) => {
    // Sandboxes are children of the launcher, which is ours.
    const started = () => {
      const children = listChildren(process.pid);
      return (native ? children.flatMap((pid) => listChildren(pid)) : children).length;
    };
    const state = mkdtempSync(join(tmpdir(), "deferred-probe-"));
    const sandbox = bubblewrap(state, { native });
    onTestFinished(async () => {
      await sandbox.close();
      rmSync(state, { recursive: true, force: true });
    });
    const python = (await findRuntimes(state)).find(({ runtime }) => runtime.name === "python")!;
    const before = started();
    await sandbox.probe(python);
    expect(started()).toBe(before + 1);
    const first = await sandbox.prepare(python);
    expect(started()).toBe(before + 1);
    const second = await sandbox.prepare(python);
    expect(second).not.toBe(first);
    expect(started()).toBe(before + 2);

    await sandbox.close();
    await expect(sandbox.probe({ ...python, interpreter: "/bin/false" })).resolves.toContain(
      "namespaces",
    );
  },
);
