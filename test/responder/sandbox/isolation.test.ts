import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { readLauncher } from "../../../responder/sandbox/native/read-launcher.ts";
import { groupName } from "../../../responder/sandbox/cgroup/find.ts";
import { needs, needsRoot } from "../../needs.ts";
import { trials } from "./trial.ts";

const ways = [
  { way: "bubblewrap", native: false },
  ...(readLauncher() ? [{ way: "the native launcher", native: true }] : []),
];

describe.each(ways)("what a program in a sandbox of $way can't do", ({ native }) => {
  let t: Awaited<ReturnType<typeof trials>>;
  beforeAll(async () => {
    t = await trials((state) => bubblewrap(state, { native }));
    expect(t.features.includes("native-launcher")).toBe(native);
  });
  afterAll(() => t.close());

  /** Runs python that prints what `expression` gives, or the name of what it raises. */
  const ask = async (expression: string, before = "") => {
    const code = `import os, sys, socket, subprocess, glob\n${before}\ntry: print(${expression})\nexcept BaseException as e: print(type(e).__name__)\n`;
    const { stdout, stderr } = await t.run("python", code);
    return stdout.trim() || stderr;
  };

  /** The same of several, in one sandbox, by their names. */
  const askAll = async (expressions: Record<string, string>, before = "") => {
    const tried = Object.entries(expressions).map(
      ([name, expression]) =>
        `try: said[${JSON.stringify(name)}] = str(${expression})\nexcept BaseException as e: said[${JSON.stringify(name)}] = type(e).__name__\n`,
    );
    const code = `import json, os, socket\n${before}\nsaid = {}\n${tried.join("")}print(json.dumps(said))\n`;
    const { stdout, stderr } = await t.run("python", code);
    return (stdout === "" ? stderr : JSON.parse(stdout)) as unknown;
  };

  test("read the host's secrets and the responder's folder", async () => {
    writeFileSync(join(t.state, "secret"), "the token");
    const paths = ["/etc/shadow", "/etc/machine-id", "/root", "/home", "/var", "/sys", t.state];
    const exists = (path: string) => [path, `os.path.exists(${JSON.stringify(path)})`];
    expect(await askAll(Object.fromEntries(paths.map(exists)))).toEqual(
      Object.fromEntries(paths.map((path) => [path, "False"])),
    );
    expect(await ask("sorted(os.listdir('/'))")).toBe(
      "['bin', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'opt', 'proc', 'run', 'sbin', 'tmp', 'usr', 'work']",
    );
  });

  test("see or signal processes that are not its own", async () => {
    const pids = "[p for p in os.listdir('/proc') if p.isdigit()]";
    expect(await ask(`sorted(${pids})`)).toBe("['1', '2']");
    expect(await ask(`os.kill(${process.pid}, 0)`)).toBe("ProcessLookupError");
    expect(await ask("open('/proc/1/environ').read().replace(chr(0), ' ').strip()")).not.toMatch(
      /TOKEN|DEFERRED|HOME=/,
    );
  });

  test("hold descriptors of the responder's", async () => {
    const open = "sorted(int(fd) for fd in os.listdir('/proc/self/fd'))";
    // The fourth is the listing's own.
    expect(await ask(open)).toBe("[0, 1, 2, 3]");
  });

  test("reach the network, the server least of all", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await ask(`socket.create_connection(("127.0.0.1", ${port}), 2)`)).toBe(
      "ConnectionRefusedError",
    );
    expect(await ask(`socket.create_connection(("1.1.1.1", 53), 2)`)).toBe("OSError");
    expect(await ask("[name for _, name in socket.if_nameindex()]")).toBe("['lo']");
    server.close();
  });

  test("see abstract sockets or files of another run", async () => {
    const stop = new AbortController();
    const up = Promise.withResolvers<void>();
    const other = t.run(
      "python",
      "import socket, time\nopen('/tmp/shared', 'w').write('x')\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0deferred-test')\ns.listen()\nprint('up')\ntime.sleep(60)\n",
      { signal: stop.signal, onFirstOutput: up.resolve },
    );
    await up.promise;
    expect(await ask("os.path.exists('/tmp/shared')")).toBe("False");
    const connect = "s = socket.socket(socket.AF_UNIX)";
    expect(await ask("s.connect('\\0deferred-test')", connect)).toBe("ConnectionRefusedError");
    stop.abort();
    expect((await other).ending.cause).toBe("stopped");
  });

  test("become anybody else or get capabilities", async () => {
    // EINVAL: there is no such user in its namespace.
    expect(await ask("os.setuid(0)")).toBe("OSError");
    expect(await ask("open('/proc/self/status').read().split('CapEff:')[1].split()[0]")).toBe(
      "0000000000000000",
    );
    expect(await ask("open('/proc/self/status').read().split('NoNewPrivs:')[1].split()[0]")).toBe(
      "1",
    );
    const { stderr } = await t.run("bash", "unshare -U true");
    expect(stderr).toMatch(/not permitted|No space left/);
  });

  test("run as a user the host knows", needsRoot, async () => {
    const up = Promise.withResolvers<void>();
    const stop = new AbortController();
    const marker = `marker-${process.pid}`;
    const running = t.run("bash", `echo up; exec -a ${marker} sleep 60`, {
      signal: stop.signal,
      onFirstOutput: up.resolve,
    });
    await up.promise;
    const uidOf = () =>
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => {
          try {
            const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
            return line.startsWith(marker) ? readFileSync(`/proc/${pid}/status`, "utf8") : "";
          } catch {
            return "";
          }
        })
        .join("");
    await expect.poll(uidOf).toMatch(/^Uid:\t61\d\d\d\t/m);
    const [, uid] = /^Uid:\t(\d+)/m.exec(uidOf())!;
    expect(readFileSync("/etc/passwd", "utf8")).not.toContain(`:${uid}:`);
    stop.abort();
    await running;
  });

  test("write to what is not its own", async () => {
    const paths = ["/usr/x", "/etc/x", "/dev/x", "/x", "/run/deferred/x", "/opt/node/x"];
    const opens = (path: string) => [path, `open(${JSON.stringify(path)}, "w")`];
    expect(await askAll(Object.fromEntries(paths.map(opens)))).toEqual(
      Object.fromEntries(paths.map((path) => [path, "OSError"])),
    );
  });

  test("make the system calls a program has no business with", async () => {
    const call = `
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    ctypes.set_errno(0)
    result = libc.syscall(*args)
    return errno.errorcode.get(ctypes.get_errno(), result)`;
    const x64: Record<string, [string, string]> = {
      keyctl: ["call(250, 0, 0)", "EPERM"],
      add_key: ["call(248, 0, 0, 0, 0, 0)", "EPERM"],
      ptrace: ["call(101, 0, 0, 0, 0)", "EPERM"],
      process_vm_readv: ["call(310, 1, 0, 0, 0, 0, 0)", "EPERM"],
      bpf: ["call(321, 0, 0, 0)", "EPERM"],
      perf_event_open: ["call(298, 0, 0, -1, -1, 0)", "EPERM"],
      userfaultfd: ["call(323, 1)", "EPERM"],
      mount: ["call(165, 0, 0, 0, 0, 0)", "EPERM"],
      unshare: ["call(272, 0)", "EPERM"],
      io_uring_setup: ["call(425, 1, 0)", "EPERM"],
      open_by_handle_at: ["call(304, -1, 0, 0)", "EPERM"],
      clone3: ["call(435, 0, 0)", "ENOSYS"],
      "clone with a namespace": ["call(56, 0x10000000 | 17, 0, 0, 0, 0)", "EPERM"],
      "ioctl TIOCSTI": ["call(16, 0, 0x5412, 0)", "EPERM"],
      "personality other than the default": ["call(135, 0x20000)", "EPERM"],
      "an x32 call": ["call(0x40000000 + 39)", "ENOSYS"],
    };
    const tried = process.arch === "x64" ? Object.entries(x64) : [];
    const calls = Object.fromEntries(tried.map(([name, [expression]]) => [name, expression]));
    expect(await askAll(calls, call)).toEqual(
      Object.fromEntries(tried.map(([name, [, answer]]) => [name, answer])),
    );
    expect(
      await askAll({
        vsock: "socket.socket(40, socket.SOCK_STREAM)",
        packet: "socket.socket(17, socket.SOCK_RAW)",
        SCTP: "socket.socket(2, 1, 132)",
        "UDP-Lite": "socket.socket(2, 2, 136)",
        MPTCP: "socket.socket(10, 1, 262)",
        "netlink to XFRM": "socket.socket(16, 3, 6)",
        "netlink to netfilter": "socket.socket(16, 3, 12)",
        "netlink to routes": "socket.socket(16, 3, 0).proto",
        TCP: "socket.socket(2, 1, 6).proto",
        "UDP over IPv6": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).family.name",
      }),
    ).toEqual({
      ...{ vsock: "OSError", packet: "OSError", SCTP: "OSError", "UDP-Lite": "OSError" },
      ...{ MPTCP: "OSError", "netlink to XFRM": "OSError", "netlink to netfilter": "OSError" },
      ...{ "netlink to routes": "0", TCP: "6", "UDP over IPv6": "AF_INET6" },
    });
  });

  test("fork without end", async () => {
    const bomb = [
      "import os",
      "first = os.getpid()",
      "while True:",
      "    try: os.fork()",
      "    except BlockingIOError:",
      "        if os.getpid() == first: break",
      "print('survived')",
    ];
    const { ending, stdout } = await t.run("python", bomb.join("\n"), {
      limits: { processes: 32 },
    });
    expect(stdout).toBe("survived\n");
    expect(ending.cause).toBe("exited");
  });

  test("fill memory through files", async () => {
    const { ending, stderr } = await t.run(
      "bash",
      "head -c 500M /dev/zero >/tmp/a; head -c 500M /dev/zero >/work/b; head -c 500M /dev/zero >/dev/shm/c",
      { limits: { memory_mb: 512 } },
    );
    expect(ending).toMatchObject({ cause: "exited", exitCode: 1 });
    expect(stderr.match(/No space left/g)).toHaveLength(3);
  });

  test("have anything but plain files of its own collected", async () => {
    const { collected } = await t.run(
      "bash",
      `cd artifacts
       echo a >plain.txt; mkdir -p deep/er; echo b >deep/er/b.png
       ln -s /etc/passwd link; ln plain.txt hard; mkfifo pipe; ln -s .. up
       echo c >"$(printf 'new\\nline')"; echo d >'back\\slash'
       python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'`,
    );
    // A name more makes a file one that may be reached by another: both are left out.
    expect(collected.names).toEqual(["deep/er/b.png"]);
    expect(collected.leftOut).toBe(8);
  });

  test(
    "outlive their run by taking over the sandbox's first process",
    needs(process.arch === "x64", "an x86-64 processor"),
    async () => {
      const marker = `survivor-${process.pid}`;
      const { ending, stdout } = await t.run("python", takeOverFirstProcess(marker));
      // Where the host's users differ, the launcher's is closed even to its own user.
      expect(stdout).toBe(native && process.getuid?.() === 0 ? "" : "taken over\n");
      expect(ending.cause).toBe("exited");
      expect(commandLines().filter((line) => line.includes(marker))).toEqual([]);
    },
  );

  test("change their files once they were collected", async () => {
    const { collected } = await t.run(
      "bash",
      `for i in 1 2 3 4; do
         (exec >/dev/null 2>&1; exec setsid bash -c 'while :; do echo $RANDOM >artifacts/x; done') &
       done
       until [[ -s artifacts/x ]]; do :; done`,
    );
    expect(collected.names).toEqual(["x"]);
  });

  test("leave control groups behind", async () => {
    await t.run("bash", "sleep 60 & disown; true");
    const name = groupName(1).replace(/1$/, "");
    const left = () =>
      existsSync("/sys/fs/cgroup")
        ? execFileSync("find", ["/sys/fs/cgroup", "-name", `${name}*`], { encoding: "utf8" })
        : "";
    await expect.poll(left).toBe("");
  });
});

/** The command lines of all processes of this host. */
function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    });
}

/**
 * The first process is bubblewrap's own, but of the same user: a program may write into its memory. This
 * one has it forget who started it, report success, and sleep while a child of ours goes on.
 */
function takeOverFirstProcess(marker: string): string {
  return `
import os, struct, sys
at = int(open("/proc/1/syscall").read().split()[-1], 16)
event = next(int(fd) for fd in os.listdir("/proc/1/fd") if "eventfd" in os.readlink("/proc/1/fd/" + fd))
def mov(register, value): return bytes([0xb8 + register]) + struct.pack("<I", value)
code = mov(0, 157) + mov(7, 1) + mov(6, 0) + b"\\x0f\\x05"              # prctl(PR_SET_PDEATHSIG, 0)
code += b"\\x6a\\x01\\x48\\x89\\xe6"                                   # the number 1, on the stack
code += mov(0, 1) + mov(7, event) + mov(2, 8) + b"\\x0f\\x05"           # write(event, &1, 8)
code += mov(0, 34) + b"\\x0f\\x05\\xeb\\xf7"                           # for (;;) pause()
with open("/proc/1/mem", "r+b", buffering=0) as memory:
    memory.seek(at)
    memory.write(code)
print("taken over")
if os.fork() == 0:
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (1, 2): os.dup2(null, fd)
    os.execvp("bash", ["${marker}", "-c", "while :; do :; done"])
os._exit(0)
`;
}

test("a host without bubblewrap is told what to install", async () => {
  await expect(
    bubblewrap("/nonexistent", { programs: ["/nowhere/bwrap"] }).probe(),
  ).rejects.toMatchObject({
    message: "bubblewrap is missing",
    hint: expect.stringContaining("apt-get install bubblewrap"),
    exitCode: 3,
  });
});
