import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import type { Fifo } from "./fifos.ts";
import type { ExitedProcess, StartedProcess } from "./started-process.ts";

/** How a process that will wait for code is started. */
export interface Launch {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Files it finds open for reading, from descriptor 5 on. */
  readonly files: readonly string[];
  /** Whether it writes a line to its status channel that is worth waiting for. */
  readonly reports: boolean;
}

/** Starts it with the fifos as its output. */
export function spawnChild(
  launch: Launch,
  stdout: Fifo,
  stderr: Fifo,
): StartedProcess & { readonly pid: number | undefined } {
  const child = spawnWith(launch, stdout, stderr);
  const control = child.stdio[3] as Socket;
  const channel = child.stdio[4] as Socket;
  channel.on("error", () => {});
  let status = "";
  const reported = Promise.withResolvers<string>();
  channel.setEncoding("utf8").on("data", (text: string) => reported.resolve((status += text)));
  return {
    pid: child.pid,
    control,
    ...(launch.reports && { reported: reported.promise }),
    exited: new Promise<ExitedProcess>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", () => resolve({ code: null, signal: null }));
    }),
    kill: () => void child.kill("SIGKILL"),
    close() {
      for (const open of child.stdio.slice(3)) open?.destroy();
    },
  };
}

function spawnWith(launch: Launch, stdout: Fifo, stderr: Fifo): ChildProcess {
  const files: number[] = [];
  try {
    for (const path of launch.files) files.push(openSync(path, "r"));
    const [command, ...args] = launch.argv;
    return spawn(command, args, {
      cwd: launch.cwd,
      env: { ...launch.env },
      stdio: ["ignore", stdout.writeEnd, stderr.writeEnd, "pipe", "pipe", ...files],
      // Out of the terminal's process group: Ctrl-C is for the responder, which then hands runs back.
      detached: true,
    });
  } finally {
    for (const file of files) closeSync(file);
    stdout.handOver();
    stderr.handOver();
  }
}
