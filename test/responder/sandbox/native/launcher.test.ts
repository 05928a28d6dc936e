import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  isProcessAlive,
  listChildren,
  readStartTime,
} from "../../../../responder/process/process-tree.ts";
import { readOr } from "../../../../responder/process/read.ts";
import { bubblewrap } from "../../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { readLauncher } from "../../../../responder/sandbox/native/read-launcher.ts";
import { needs } from "../../../needs.ts";
import { trials } from "../trial.ts";

const argv = (pid: number) => readOr(`/proc/${pid}/cmdline`, "").split("\0");
const hasLauncher = needs(readLauncher() !== undefined, "a C compiler, which builds the launcher");

describe("the native launcher", hasLauncher, () => {
  let t: Awaited<ReturnType<typeof trials>>;
  beforeAll(async () => {
    t = await trials(bubblewrap);
  });
  afterAll(() => t.close());

  /** Its process: the only child whose program is below the state's folder. */
  const find = () => listChildren(process.pid).find((pid) => argv(pid)[0]!.startsWith(t.state));
  const bash = () => t.runtimes.find(({ runtime }) => runtime.name === "bash")!;

  test("gives each program a hash seed, addresses and random numbers of its own", async () => {
    const code = [
      "import random",
      "stack = next(line for line in open('/proc/self/maps') if '[stack]' in line)",
      "print(hash('a'), id(object()), random.random(), stack.split()[0])",
    ].join("\n");
    const said = [(await t.run("python", code)).stdout, (await t.run("python", code)).stdout];
    const [one, other] = said.map((text) => text.trim().split(" "));
    expect(one).toHaveLength(4);
    for (const [index, value] of one!.entries()) expect(value).not.toBe(other![index]);
  });

  test("shows python a compiled waiter, which it takes without the source", async () => {
    const code = `import sitecustomize as waiter
from importlib.machinery import SourceFileLoader
class Compiled(SourceFileLoader):
  def get_data(self, path):
    assert path.endswith(".pyc"), path
    return super().get_data(path)
print(Compiled("sitecustomize", waiter.__file__).get_code("sitecustomize").co_filename)`;
    expect(await t.run("python", code)).toMatchObject({
      stdout: "/run/deferred/sitecustomize.py\n",
      stderr: "",
    });
  });

  test("answers a malformed request by a closed connection, and serves the next", async () => {
    const [, folder] = argv(find()!);
    for (const bytes of [
      Buffer.alloc(4, 255),
      Buffer.from([2, 0, 0, 0, 65, 65]),
      Buffer.alloc(4),
    ]) {
      const connection = createConnection(join(folder!, "launcher.sock"));
      connection.end(bytes);
      const [said] = (await once(connection.setEncoding("utf8"), "data")) as [string];
      expect(said).toMatch(/^failed the request's (size|end)/);
    }
    expect((await t.run("bash", "echo $((6 * 7))")).stdout).toBe("42\n");
  });

  test("refuses a request whose user is root, or whose numbers are malformed", async () => {
    const [, folder] = argv(find()!);
    // As root no request may keep the user; as another user none may change it.
    const wrong = ["0", "", "1x", "99999999999999999999", process.getuid!() === 0 ? "-1" : "61000"];
    for (const uid of wrong) {
      const fields = [
        "/dev/null",
        "/dev/null",
        "/dev/null",
        uid,
        "64",
        "",
        "/usr/bin/true",
        "",
        "",
      ];
      const text = Buffer.from(fields.map((field) => `${field}\0`).join(""));
      const size = Buffer.alloc(4);
      size.writeUInt32LE(text.length);
      const connection = createConnection(join(folder!, "launcher.sock"));
      connection.end(Buffer.concat([size, text]));
      const [said] = (await once(connection.setEncoding("utf8"), "data")) as [string];
      expect(said, uid).toMatch(/^failed the request's (user|numbers)/);
    }
  });

  test("uses no pipe again that a sandbox which is late may still open", async () => {
    const launcher = find()!;
    const folder = argv(launcher)[1]!;
    const pipes = () => readdirSync(folder).filter((name) => name.startsWith("fifo-"));
    const before = pipes().length;
    process.kill(launcher, "SIGSTOP");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const late = t.sandbox.prepare(bash()).catch(String);
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect(await late).toMatch(/sandbox/);
    // Its process may still open them.
    expect(pipes()).toHaveLength(before - 3);
    process.kill(launcher, "SIGCONT");
    expect((await t.run("bash", "echo $((6 * 7))")).stdout).toBe("42\n");
  });

  test("waits while the host is short of descriptors, and then serves", async () => {
    const launcher = find()!;
    const limit = (descriptors: number) =>
      execFileSync("/usr/bin/prlimit", [`--pid=${launcher}`, `--nofile=${descriptors}:`]);
    const pauses = () =>
      Number(/^voluntary_ctxt_switches:\s(\d+)/m.exec(readOr(`/proc/${launcher}/status`, ""))![1]);
    limit(0);
    // The kernel reserved a descriptor when the launcher began to wait: this connection takes it.
    const first = createConnection(join(argv(launcher)[1]!, "launcher.sock"));
    await once(first.on("error", () => {}).resume(), "close");
    const before = pauses();
    const ran = t.run("bash", "echo $((6 * 7))");
    await vi.waitFor(() => expect(pauses()).toBeGreaterThan(before + 3));
    limit(1024);
    expect((await ran).stdout).toBe("42\n");
    expect(find()).toBe(launcher);
  });

  test("takes its sandboxes along when it dies, and bubblewrap starts the next", async () => {
    const waiting = await t.sandbox.prepare(bash());
    const launcher = find()!;
    const [outer] = listChildren(launcher);
    const [first] = listChildren(outer!);
    const started = readStartTime(first!)!;
    // One that still waits for its request.
    const early = createConnection(join(argv(launcher)[1]!, "launcher.sock"));
    const earlyEnded = once(early.resume(), "close");
    await vi.waitFor(() => expect(listChildren(launcher)).toHaveLength(2));
    process.kill(launcher, "SIGKILL");
    await Promise.all([waiting.gone, earlyEnded]);
    expect(isProcessAlive(first!, started)).toBe(false);
    await waiting.discard();
    await vi.waitFor(() => expect(find()).toBeUndefined());
    expect((await t.run("bash", "cat /proc/1/comm")).stdout).toBe("bwrap\n");
  });
});
