import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { findCgroups } from "../../../responder/sandbox/cgroup/find.ts";
import { none } from "../../../responder/sandbox/none.ts";
import { trials } from "./trial.ts";

/** Only control groups count what a program used. */
const counts = findCgroups()?.features.includes("cgroup-memory") === true;

describe.each([
  ["bubblewrap", bubblewrap],
  ["none", none],
] as const)("programs in the sandbox %s", (name, make) => {
  let t: Awaited<ReturnType<typeof trials>>;
  beforeAll(async () => {
    t = await trials(make);
  });
  afterAll(() => t.close());

  test("python runs its file as the main script, with only its own frames in a traceback", async () => {
    const { ending, stdout, stderr, isWithoutResults } = await t.run(
      "python",
      "import sys\nprint(__name__, sys.argv, __file__.endswith('/main.py'), sys.path[0] + '/main.py' == __file__)\nprint('é', sys.stdin.read() == '')\n1/0\n",
    );
    expect(stdout).toBe("__main__ ['main.py'] True True\né True\n");
    expect(stderr).toMatch(/^Traceback.*\n {2}File "[^"]*\/main\.py", line 4, in <module>\n/);
    expect(stderr.match(/File /g)).toHaveLength(1);
    expect(ending).toMatchObject({ cause: "exited", exitCode: 1, signal: null });
    expect(isWithoutResults).toBe(true);
  });

  test("python's program finds its interpreter as a plain start leaves it", async () => {
    const { stdout } = await t.run(
      "python",
      `import sys
facts = {"path": sys.path, "flags": list(sys.flags), "hooks": len(sys.path_hooks), "modules": sorted(sys.modules),
  "builtins": dir(__builtins__), "globals": sorted(globals()), "main": repr(__spec__), "caches": sorted(sys.path_importer_cache)}
import json, subprocess
print(json.dumps(facts), flush=True)
if len(sys.argv) == 1: subprocess.run([sys.executable, "main.py", "plain"])
`,
    );
    const [ours, plain] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown> & { modules: string[] });
    const own = ["sitecustomize", "apport_python_hook", "binascii", "posix"];
    const facts = ({ modules, ...others }: NonNullable<typeof plain>) => ({
      ...others,
      modules: modules.filter((module) => !own.includes(module)),
    });
    expect(facts(ours!)).toEqual(facts(plain!));
  });

  test("node runs CommonJS and ES modules with top-level await by their syntax, without a warning", async () => {
    const common = await t.run(
      "node",
      "const path = require('path'); console.log(path.basename(__filename), require.main === module, process.execArgv.length, process.argv.length);",
    );
    expect(common.stdout).toBe("main.js true 0 2\n");
    const module = await t.run(
      "node",
      "import { basename } from 'path'; console.log(basename(import.meta.filename), await Promise.resolve(42));",
    );
    expect(module).toMatchObject({ stdout: "main.js 42\n", stderr: "" });
  });

  test("node's workers and forked children are its own programs", async () => {
    const { stdout } = await t.run(
      "node",
      `const { Worker, isMainThread } = require("node:worker_threads");
       if (process.argv[2] === "child") { console.log("child"); return; }
       if (!isMainThread) { console.log("worker"); return; }
       new Worker(__filename).on("exit", () =>
         require("node:child_process").fork(__filename, ["child"]).on("exit", (code) => console.log(code)));`,
    );
    expect(stdout).toBe("worker\nchild\n0\n");
  });

  test("ruby has DATA, its own name and backtraces without foreign frames", async () => {
    const { ending, stdout, stderr } = await t.run(
      "ruby",
      'puts DATA.read, $0, __FILE__ == $0\nat_exit { puts "bye" }\ndef f = raise("é")\nf\n__END__\nthe data\n',
    );
    expect(stdout).toBe("the data\nmain.rb\ntrue\nbye\n");
    expect(stderr).toBe("main.rb:3:in `f': é (RuntimeError)\n\tfrom main.rb:4:in `<main>'\n");
    expect(ending.exitCode).toBe(1);
  });

  test("ruby's syntax errors read as ever", async () => {
    const { ending, stderr } = await t.run("ruby", "puts (\n");
    expect(stderr).toMatch(/^main\.rb:\d+: syntax error/);
    expect(stderr).not.toContain("wait.rb");
    expect(ending.exitCode).toBe(1);
  });

  test("bash has its script's name, may write to /dev/stderr, and keeps its exit status", async () => {
    const { ending, stdout, stderr } = await t.run(
      "bash",
      'set -e\necho "$0" "$(cat)" é\necho oops >/dev/stderr\n(exit 137)\necho never\n',
    );
    expect(stdout).toBe("main.sh  é\n");
    expect(stderr).toBe("oops\n");
    expect(ending).toMatchObject({ cause: "exited", exitCode: 137, signal: null });
  });

  test.each([40, 40_000])(
    "a shell's program of %s lines has the bytes that were sent",
    async (lines) => {
      const odd = "# \u0001\u007f\t é😀\r \\ \\n 'x\n".repeat(lines);
      const code = `cat main.sh\n\n${odd}\n  \n`;
      expect((await t.run("bash", code)).stdout).toBe(code);
    },
  );

  test.each(["python", "node", "ruby", "bash"] as const)(
    "%s gets its inputs as variables and as a file, and nothing else of the host's",
    async (runtime) => {
      process.env["DEFERRED_CANARY"] = "canary";
      const print = {
        python: "import os; print(open('inputs.json').read()); print(dict(os.environ))",
        node: "console.log(require('fs').readFileSync('inputs.json', 'utf8')); console.log(process.env)",
        ruby: "puts File.read('inputs.json'); puts ENV.to_h",
        bash: "cat inputs.json; echo; env",
      }[runtime];
      const inputs = { count: 3, name: "a=b é\nc", on: true };
      const { stdout } = await t.run(runtime, print, { inputs });
      delete process.env["DEFERRED_CANARY"];
      expect(stdout.split("\n")[0]).toBe(JSON.stringify(inputs));
      for (const name of ["INPUT_COUNT", "INPUT_NAME", "INPUT_ON"]) expect(stdout).toContain(name);
      const names = [...stdout.matchAll(/\b([A-Z][A-Z_]*)['"]?\s*(?:=>|:|=)/g)].map((at) => at[1]);
      expect([
        "PATH",
        "HOME",
        "LANG",
        "PWD",
        "SHLVL",
        "PYTHONUNBUFFERED",
        "INPUT_COUNT",
        "INPUT_NAME",
        "INPUT_ON",
      ]).toEqual(expect.arrayContaining(names));
    },
  );

  test("a death by a signal of its own is told by name", async () => {
    const { ending } = await t.run("python", "import os; os.kill(os.getpid(), 11)");
    expect(ending).toMatchObject({ cause: "exited", exitCode: null, signal: "SIGSEGV" });
  });

  test("output comes as it is printed", async () => {
    const seen = Promise.withResolvers<void>();
    const stop = new AbortController();
    const running = t.run(
      "python",
      "import sys, time\nsys.stdout.write('now\\n')\ntime.sleep(60)\n",
      {
        signal: stop.signal,
        onFirstOutput: seen.resolve,
      },
    );
    await seen.promise;
    stop.abort();
    expect(await running).toMatchObject({ stdout: "now\n", ending: { cause: "stopped" } });
  });

  // A program has got so far before its time is over, on a busy machine too.
  test.concurrent("a program that ran out of time gets TERM, and its output is kept", async ({
    expect,
  }) => {
    const { ending, stdout } = await t.run(
      "node",
      "process.on('SIGTERM', () => { console.log('bye'); process.exit(9); }); console.log('hi'); setInterval(() => {}, 1e6);",
      { limits: { wall_s: 2 } },
    );
    expect(ending.cause).toBe("wall_time");
    expect(stdout).toBe("hi\nbye\n");
  });

  test.concurrent("one that ignores TERM is killed", async ({ expect }) => {
    const { ending } = await t.run(
      "python",
      "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass\n",
      { limits: { wall_s: 2 } },
    );
    expect(ending).toMatchObject({ cause: "wall_time", signal: "SIGKILL" });
  });

  test.concurrent("processor time is limited apart from time on the wall", async ({ expect }) => {
    const { ending } = await t.run("python", "while True: pass\n", { limits: { cpu_s: 0.3 } });
    expect(ending.cause).toBe("cpu_time");
    expect(ending.ranS).toBeLessThan(DEFAULT_LIMITS.wall_s / 2);
  });

  test("processor time and the memory's peak are counted from the program's start", async () => {
    const { ending } = await t.run(
      "python",
      "import time\nx = b'x' * (80 * 2**20)\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass\n",
    );
    if (name === "none" || !counts) {
      expect(ending).toMatchObject({ cpuS: undefined, memoryPeakMb: undefined });
      return;
    }
    expect(ending.cpuS).toBeGreaterThanOrEqual(0.3);
    expect(ending.cpuS).toBeLessThan(ending.ranS! + 0.1);
    expect(ending.memoryPeakMb).toBeGreaterThan(80);
    expect(ending.memoryPeakMb).toBeLessThanOrEqual(DEFAULT_LIMITS.memory_mb);
  });

  test("too much memory is told as such", async () => {
    const { ending } = await t.run(
      "python",
      "import time\nx = bytearray(400 * 2**20)\ntime.sleep(20)\n",
      { limits: { memory_mb: 64 } },
    );
    expect(ending.cause).toBe("memory");
  });

  test("a sandbox that is discarded unused leaves no process", async () => {
    const prepared = await t.sandbox.prepare(t.runtimes[0]!);
    await prepared.discard();
    await prepared.gone;
    expect(name).toBe(t.sandbox.name);
  });
});
