import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { firstProcess } from "../../../../responder/sandbox/bubblewrap/first-process.ts";

test("a first process that ends just when it is to be killed is no failure", async () => {
  const child = spawn("sleep", ["1000"]);
  const exited = once(child, "exit");
  const first = firstProcess(`{"child-pid": ${child.pid}}`);
  const { kill } = process;
  // The kernel, out of the sandbox's memory, is faster by a moment.
  vi.spyOn(process, "kill").mockImplementationOnce((pid) => {
    kill(pid, "SIGKILL");
    throw Object.assign(new Error("kill ESRCH"), { code: "ESRCH" });
  });
  onTestFinished(() => void vi.restoreAllMocks());
  first.kill();
  await exited;
  expect(await first.dead()).toBe(true);
});
