import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FifoPool } from "../../../../responder/sandbox/lifecycle/fifos.ts";
import { SandboxError } from "../../../../responder/sandbox/result.ts";
import { startWaiting } from "../../../../responder/sandbox/lifecycle/waiting-process.ts";
import { readStartTime } from "../../../../responder/process/process-tree.ts";

let folder: string;
let fifos: FifoPool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "deferred-waiting-"));
  fifos = new FifoPool(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = (script: string) =>
  startWaiting(
    { argv: ["/bin/bash", "-c", script], cwd: "/", env: {}, files: [], reports: true },
    fifos,
  );

/** Reads its code, runs it, and says so. */
const REST = 'code=$(cat <&3); exec 3>&-; eval "$code"';

test.each([
  ["its status first", `echo status >&4; sleep 0.05; printf r >&3; ${REST}`],
  ["that it is ready first", `printf r >&3; sleep 0.05; echo status >&4; ${REST}`],
  ["both at once", `printf r >&3; echo status >&4; ${REST}`],
])("a process that says %s is waited for until both are there", async (_, script) => {
  const waiting = await start(script);
  expect(waiting.status).toBe("status\n");
  const output: string[] = [];
  const control = waiting.activate((stream, bytes) => output.push(stream, bytes.toString()));
  control.end("echo $((6 * 7)); exit 3");
  expect(await waiting.ended).toEqual({ code: 3, signal: null });
  expect(output).toEqual(["stdout", "42\n"]);
});

test.each([
  ["before it is ready", "echo $$ >&2; exit 7"],
  ["after one of the two", "echo $$ >&2; printf r >&3; exit 7"],
])("one that ends %s is told by what it said, and nothing of it is left", async (_, script) => {
  const error: unknown = await start(script).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SandboxError);
  const pid = Number((error as SandboxError).message);
  expect(pid).toBeGreaterThan(1);
  expect(readStartTime(pid)).toBeUndefined();
});

test("a pipe that can't be made ready again costs that pipe alone", async () => {
  const first = await fifos.take();
  rmSync(folder, { recursive: true });
  first.handOver();
  first.giveBack(true);
  mkdirSync(folder);
  await expect(fifos.take()).rejects.toThrow("ENOENT");
});

test("a pipe that somebody may still write to is not used again", async () => {
  const outputOf = async (script: string) => {
    const waiting = await start(`echo status >&4; printf r >&3; ${REST}`);
    let output = "";
    waiting.activate((_, bytes) => (output += bytes.toString())).end(script);
    await waiting.ended;
    return output.trim();
  };
  const [pid, held] = (await outputOf("sleep 60 & echo $!; readlink /proc/$$/fd/1")).split("\n");
  try {
    const later: string[] = [];
    for (let run = 0; run < 5; run++) later.push(await outputOf("readlink /proc/$$/fd/1"));
    expect(held).toContain(folder);
    expect(later).not.toContain(held);
    // The others are.
    expect(new Set(later).size).toBeLessThan(5);
  } finally {
    process.kill(Number(pid), "SIGKILL");
  }
});
