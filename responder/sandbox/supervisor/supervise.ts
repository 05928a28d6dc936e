import type { Server } from "node:net";

/**
 * What waits inside a command sandbox, as the text of a program: a JSON line in is a request, a JSON line out its
 * answer, of the same id. `Supervisor` is its other end.
 *
 * The text is the function's own, so that nothing need be brought into the sandbox but Node: it refers to
 * nothing outside of itself.
 */
export function supervisorText(): string {
  return `(${supervise.toString()})();\n`;
}

function supervise(): void {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const fs = process.getBuiltinModule("node:fs");
  const http = process.getBuiltinModule("node:http");
  const net = process.getBuiltinModule("node:net");
  type Child = ReturnType<typeof spawn>;
  interface Ended {
    exit_code: number | null;
    signal: string | null;
  }
  interface Program {
    argv: [string, ...string[]];
    cwd: string;
    env: Record<string, string>;
  }
  // What commands call `pkill node` for is their own.
  process.title = "supervisor";
  // Else Node would open its debugger to them.
  process.on("SIGUSR1", () => {});
  const LOCAL = "127.0.0.1";
  const MOST_ANSWER_BYTES = 8 * 2 ** 20;
  // Where the sandbox ends with us, programs get sessions of their own, and a signal reaches all of theirs.
  const apart = process.argv.includes("--apart");
  const control = new net.Socket({ fd: 3, readable: true, writable: true });
  const commands = new Set<Child>();
  const daemons = new Map<number, { child: Child; ended: Promise<Ended>; over: boolean }>();

  const start = ({ argv: [program, ...args], cwd, env }: Program, out: [number, number] | "pipe") =>
    spawn(program, args, {
      cwd,
      env,
      detached: apart,
      stdio: ["ignore", ...(out === "pipe" ? (["pipe", "pipe"] as const) : out)],
    });
  const end = (child: Child, event: "exit" | "close") =>
    new Promise<Ended & { failure?: string }>((resolve) => {
      child.once(event, (exit_code, signal) => resolve({ exit_code, signal }));
      child.once("error", (error: NodeJS.ErrnoException) => {
        const why = error.code === "ENOENT" ? "command not found" : error.message;
        const failure = `${child.spawnfile}: ${why}`;
        resolve({ exit_code: 127, signal: null, failure });
      });
    });
  const signalTo = (child: Child, signal: NodeJS.Signals) => {
    if (child.pid === undefined || child.exitCode !== null) return;
    try {
      process.kill(apart ? -child.pid : child.pid, signal);
    } catch {
      // All of it has ended.
    }
  };
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  /** The same pipe with flags of its own: a program that leaves it non-blocking spoils it for no other. */
  const reopened = (fd: 1 | 2): number => {
    try {
      return fs.openSync(`/proc/self/fd/${fd}`, fs.constants.O_WRONLY);
    } catch {
      return fd;
    }
  };
  /** All of it, though commands made our output one that is full at times. */
  const write = async (fd: number, text: string) => {
    for (let left = Buffer.from(text); left.length > 0;) {
      try {
        left = left.subarray(fs.writeSync(fd, left));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
        await sleep(5);
      }
    }
  };

  /** With its output to ours. The mark after it says where in each stream its own ends. */
  const run = async (program: Program & { mark: string }) => {
    const out: [number, number] = [reopened(1), reopened(2)];
    const child = start(program, out);
    for (const fd of out) if (fd > 2) fs.closeSync(fd);
    commands.add(child);
    const { failure, ...ended } = await end(child, "exit");
    commands.delete(child);
    if (failure !== undefined) await write(2, `${failure}\n`);
    await write(1, program.mark);
    await write(2, program.mark);
    return ended;
  };

  /** With the last of its output in the answer. */
  const ask = async (program: Program & { keep: number; input?: string }) => {
    const child = start(program, "pipe");
    commands.add(child);
    let output = Buffer.alloc(0);
    const take = (bytes: Buffer) => {
      output = Buffer.concat([output, bytes]).subarray(-program.keep);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    const { failure, ...ended } = await end(child, "close");
    commands.delete(child);
    return { ...ended, output: failure ?? output.toString() };
  };

  const startDaemon = ({ id, log, ...program }: Program & { id: number; log: string }) => {
    const fd = fs.openSync(log, "a", 0o600);
    const child = start(program, [fd, fd]);
    fs.closeSync(fd);
    const daemon = {
      child,
      over: false,
      ended: end(child, "exit").then((ended) => {
        daemon.over = true;
        return ended;
      }),
    };
    daemons.set(id, daemon);
    return { daemon: id };
  };

  const stopDaemon = async ({ daemon, grace_ms }: { daemon: number; grace_ms: number }) => {
    const one = daemons.get(daemon);
    if (one === undefined) return {};
    signalTo(one.child, "SIGTERM");
    await Promise.race([one.ended, sleep(grace_ms)]);
    signalTo(one.child, "SIGKILL");
    return one.ended;
  };

  const connects = (port: number) =>
    new Promise<boolean>((resolve) => {
      const socket = net.connect(port, LOCAL);
      socket.setTimeout(1000, () => socket.destroy());
      socket.once("connect", () => {
        resolve(true);
        socket.destroy();
      });
      socket.once("error", () => resolve(false)).once("close", () => resolve(false));
    });

  interface AppRequest {
    port: number;
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
    timeout_ms: number;
  }
  const request = ({ port, method, path, headers, body, timeout_ms }: AppRequest) =>
    new Promise<object>((resolve, reject) => {
      const sent = http.request({ host: LOCAL, port, method, path, headers, agent: false });
      const timer = setTimeout(() => sent.destroy(new Error("there was no answer")), timeout_ms);
      sent.once("close", () => clearTimeout(timer));
      sent.once("error", reject);
      sent.once("response", (answer) => {
        const parts: Buffer[] = [];
        let length = 0;
        const pairs: [string, string][] = [];
        for (let at = 0; at < answer.rawHeaders.length; at += 2) {
          pairs.push([answer.rawHeaders[at]!, answer.rawHeaders[at + 1]!]);
        }
        const finish = () =>
          resolve({
            status: answer.statusCode,
            reason: answer.statusMessage,
            headers: pairs,
            body: Buffer.concat(parts).toString("base64"),
          });
        answer.on("data", (part: Buffer) => {
          parts.push(part);
          length += part.length;
          if (length > MOST_ANSWER_BYTES) sent.destroy(new Error("the answer is over 8 MiB"));
        });
        answer.once("end", finish).once("error", reject);
      });
      sent.end(body === undefined ? undefined : Buffer.from(body, "base64"));
    });

  interface Awaited {
    daemon: number;
    port: number;
    path?: string;
    timeout_ms: number;
  }
  /** Until it answers on its port, and by HTTP below 500 where a path is given. */
  const awaitUp = async ({ daemon, port, path, timeout_ms }: Awaited) => {
    const late = performance.now() + timeout_ms;
    for (;;) {
      if (daemons.get(daemon)?.over) return { up: false };
      if (await connects(port)) {
        if (path === undefined) return { up: true };
        const left = Math.max(1, late - performance.now());
        const asked = { port, method: "GET", path, headers: {}, timeout_ms: left };
        const answer = (await request(asked).catch(() => undefined)) as
          | { status: number }
          | undefined;
        if (answer && answer.status < 500) return { up: true };
      }
      if (performance.now() > late) return { up: false };
      await sleep(10);
    }
  };

  const listen = (server: Server) =>
    new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, LOCAL, () => {
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
  const freePort = async () => {
    const server = net.createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return { port };
  };
  /** What comes to a port of ours goes to a socket that was put into the sandbox. */
  const forward = async ({ socket }: { socket: string }) => {
    const server = net.createServer({ allowHalfOpen: true }, (near) => {
      const far = net.connect({ path: socket, allowHalfOpen: true });
      near.pipe(far).pipe(near);
      near.on("error", () => far.destroy()).on("close", () => far.destroy());
      far.on("error", () => near.destroy()).on("close", () => near.destroy());
    });
    return { port: await listen(server) };
  };

  const operations: Record<string, (request: never) => object | Promise<object>> = {
    run,
    ask,
    start_daemon: startDaemon,
    stop_daemon: stopDaemon,
    await_up: awaitUp,
    request,
    free_port: freePort,
    forward,
    end: ({ code }: { code: number }) => process.exit(code),
  };
  let stopping = false;
  const serve = async (line: string) => {
    if (stopping) return;
    const message = JSON.parse(line) as { id: number; op: string };
    let answer: object;
    try {
      answer = { id: message.id, result: await operations[message.op]!(message as never) };
    } catch (error) {
      answer = { id: message.id, error: error instanceof Error ? error.message : String(error) };
    }
    control.write(`${JSON.stringify(answer)}\n`, leaveIfStopping);
  };

  // A limit of time: what runs may say how far it got, and nothing more is begun.
  const leaveIfStopping = () => {
    if (stopping && commands.size === 0) process.exit(143);
  };
  process.on("SIGTERM", () => {
    stopping = true;
    for (const child of commands) signalTo(child, "SIGTERM");
    leaveIfStopping();
  });
  let buffered = "";
  control.setEncoding("utf8").on("data", (text: string) => {
    const lines = (buffered + text).split("\n");
    buffered = lines.pop() ?? "";
    for (const line of lines) void serve(line);
  });
  control.on("end", () => process.exit(1));
  control.on("error", () => process.exit(1));
  control.write("\n");
}
