import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { listChildren } from "../../responder/process/process-tree.ts";
import { runtimeNamed } from "../../responder/runtimes/find.ts";
import { INSIDE } from "../../responder/sandbox/bubblewrap/arguments.ts";
import { bubblewrapHost, launcherFor } from "../../responder/sandbox/bubblewrap/host.ts";
import { findCgroups } from "../../responder/sandbox/cgroup/find.ts";
import { controlMessage } from "../../responder/sandbox/control-message.ts";
import { makeCpuGroup, type CpuGroup } from "../warm/cpu-group.ts";

const run = promisify(execFile);
const TRUE = "/usr/bin/true";
/** Tells that it waits, and ends. */
const TELL = ["/usr/bin/bash", "-c", "printf r >&3"];
const DESCRIPTORS = 1024;

const LOOP = `
echo $$ >"$1"; count=$2; shift 2
for ((i = 0; i < count; i++)); do "$@" 3>/dev/null; done`;

export interface SandboxStep {
  name: string;
  cpuMs: number;
}

interface Start {
  argv: readonly string[];
  joins?: readonly string[];
  env?: Record<string, string>;
  message?: string;
}

/** CPU of a start by step: each line is started alone, and the one before it is subtracted. */
export async function measureSandboxSteps(code: string, count: number): Promise<SandboxStep[]> {
  const counted = makeCpuGroup();
  const groups = findCgroups(undefined, counted.membership)?.create("steps");
  groups?.hurry();
  const joins = groups?.joins ?? [];
  const cpuOf = async (work: () => Promise<unknown>) => {
    const before = counted.readMs();
    await work();
    return (counted.readMs() - before) / count;
  };
  /** The loop's share included. */
  const bare = (...command: string[]) =>
    cpuOf(() =>
      run("/bin/bash", ["--norc", "-c", LOOP, "steps", counted.procs, String(count), ...command]),
    );
  const unshared = (...options: string[]) => bare("/usr/bin/unshare", ...options, TRUE);
  const [plain, filtered] = [
    await countedLauncher(counted, false),
    await countedLauncher(counted, true),
  ];
  const launched = ({ start }: typeof plain, options: Start) =>
    cpuOf(async () => {
      for (let index = 0; index < count; index++) await start(options);
    });
  try {
    const namespaces = await chain([
      ["user namespace, and unshare itself", () => unshared("--user")],
      ["mount namespace", () => unshared("--user", "--mount")],
      ["ipc, uts and cgroup namespaces", () => unshared(...NAMESPACES.slice(0, 5))],
      ["network namespace", () => unshared(...NAMESPACES.slice(0, 6))],
      ["pid namespace, with a process more", () => unshared(...NAMESPACES)],
    ]);
    const { command, env } = runtimeNamed("python");
    const python = "/usr/bin/python3";
    const waits = {
      argv: command(python, INSIDE.waiters),
      env: env?.(INSIDE.waiters) ?? {},
      message: controlMessage({ code, inputs: {} }),
    };
    const [, ...launcher] = await chain([
      ["bash", () => bare(...TELL)],
      ["launcher: processes, namespaces, mounts", () => launched(plain, { argv: TELL })],
      ["launcher: seccomp filter", () => launched(filtered, { argv: TELL })],
      ["control groups: join, and count memory", () => launched(filtered, { argv: TELL, joins })],
    ]);
    const [, ...interpreter] = await chain([
      ["around", () => launched(filtered, { argv: TELL, joins })],
      [
        "python, with its waiter, in the place of bash",
        () => launched(filtered, { ...waits, joins }),
      ],
    ]);
    return [...namespaces, ...launcher, ...interpreter];
  } finally {
    plain.close();
    filtered.close();
    await groups?.remove();
    counted.remove();
  }
}

const NAMESPACES = ["--user", "--mount", "--ipc", "--uts", "--cgroup", "--net", "--pid", "--fork"];

/** A launcher whose processes count in `group`. */
async function countedLauncher(group: CpuGroup, filters: boolean) {
  const state = mkdtempSync(join(tmpdir(), "deferred-steps-"));
  const host = bubblewrapHost(state);
  const before = listChildren(process.pid);
  const launcher = await launcherFor(filters ? host : { ...host, seccomp: undefined });
  if (!launcher) throw new Error("The launcher was not built: there is no C compiler.");
  const own = listChildren(process.pid).find((pid) => !before.includes(pid));
  writeFileSync(group.procs, String(own));
  return {
    async start({ argv, joins = [], env = {}, message = "" }: Start) {
      const uid = host.uids?.take();
      const all = { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", ...env };
      const waiting = await launcher.start({
        uid,
        descriptors: DESCRIPTORS,
        joins,
        argv,
        env: all,
      });
      waiting.activate(() => {}).end(message);
      await waiting.ended;
      if (uid !== undefined) host.uids?.giveBack(uid);
    },
    close() {
      launcher.close();
      for (const folder of [state, host.places]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Each line's milliseconds beyond those of the line before. */
async function chain(
  lines: readonly (readonly [name: string, measure: () => Promise<number>])[],
): Promise<SandboxStep[]> {
  const steps: SandboxStep[] = [];
  let before = 0;
  for (const [name, measure] of lines) {
    const total = await measure();
    steps.push({ name, cpuMs: total - before });
    before = total;
  }
  return steps;
}
