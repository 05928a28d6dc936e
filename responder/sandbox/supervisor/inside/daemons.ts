import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationOf } from "../messages.ts";
import { requestApp } from "./app.ts";
import { childEnd, signalChild, startChild, type ChildEnd } from "./children.ts";
import { canConnect } from "./ports.ts";

const POLL_MS = 10;

interface Daemon {
  readonly child: ChildProcess;
  readonly ended: Promise<ChildEnd>;
  hasEnded: boolean;
}
const daemons = new Map<number, Daemon>();

/** Starts a program that stays, with its output in a file. */
export function startDaemon({
  id,
  log,
  ...program
}: OperationOf<"start_daemon"> & { id: number }): object {
  const fd = openSync(log, "a", 0o600);
  const child = startChild(program, [fd, fd]);
  closeSync(fd);
  const ended = childEnd(child, "exit");
  const daemon: Daemon = { child, ended, hasEnded: false };
  void ended.then(() => (daemon.hasEnded = true));
  daemons.set(id, daemon);
  return { daemon: id };
}

/** TERM, then KILL. */
export async function stopDaemon({
  daemon,
  grace_ms,
}: OperationOf<"stop_daemon">): Promise<object> {
  const found = daemons.get(daemon);
  if (found === undefined) return {};
  signalChild(found.child, "SIGTERM");
  await Promise.race([found.ended, sleep(grace_ms)]);
  signalChild(found.child, "SIGKILL");
  return found.ended;
}

/** Waits until a daemon accepts connections and, where a path is given, answers it below 500. */
export async function awaitUp({
  daemon,
  port,
  path,
  timeout_ms,
}: OperationOf<"await_up">): Promise<{ up: boolean }> {
  const deadline = performance.now() + timeout_ms;
  for (;;) {
    if (daemons.get(daemon)?.hasEnded) return { up: false };
    if (await canConnect(port)) {
      if (path === undefined) return { up: true };
      const left = Math.max(1, deadline - performance.now());
      const request = { port, method: "GET", path, headers: {}, timeout_ms: left };
      const answer = await requestApp(request).catch(() => undefined);
      if (answer && answer.status < 500) return { up: true };
    }
    if (performance.now() > deadline) return { up: false };
    await sleep(POLL_MS);
  }
}
