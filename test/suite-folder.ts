import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fastFolder } from "./in-memory.ts";
import { compressedNode } from "./node-cache.ts";

/** How long what still ends may take to. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 200;
const PREFIX = "dr-";
/** The file that names the suite's process. */
const OWNER = "pid";

/** A folder that tests have their temporary ones in: what is left there at the end is the suite's own doing. */
export function openSuiteFolder(): {
  /** Removes it; answers what was left behind, a line each. It is called where nothing can be waited for. */
  close: () => string[];
} {
  const parent = fastFolder();
  removeAbandoned(parent);
  // A short name: sockets below it have paths of 108 bytes at the most.
  const folder = mkdtempSync(join(parent, PREFIX));
  writeFileSync(join(folder, OWNER), String(process.pid));
  chmodSync(folder, 0o1777); // Some tests are somebody else.
  process.env["TMPDIR"] = folder;
  const compiled = join(folder, "compiled");
  process.env["NODE_COMPILE_CACHE"] = compiled;
  // Servers of tests have it as their cache, and look there for the Node that machines load.
  for (const path of [compiled, compressedNode]) mkdirSync(path, { recursive: true });
  symlinkSync(compressedNode, join(compiled, "machine"));
  return {
    close() {
      let left = leftIn(folder);
      for (let waited = 0; left.length > 0 && waited < PATIENCE_MS; waited += LOOK_MS) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
        left = leftIn(folder);
      }
      // What is mounted there may be the machine's own.
      if (!left.some((one) => one.startsWith("mount"))) {
        rmSync(folder, { recursive: true, force: true });
      }
      return left;
    },
  };
}

/** Removes the folders of suites that were killed: in memory they would take it up for good. */
function removeAbandoned(parent: string): void {
  const mounts = textOf("/proc/mounts");
  for (const name of readdirSync(parent).filter((one) => one.startsWith(PREFIX))) {
    const folder = join(parent, name);
    const owner = textOf(join(folder, OWNER));
    const isOver = /^\d+$/.test(owner) && !existsSync(`/proc/${owner}`);
    // What is mounted there may be the machine's own.
    if (isOver && !mounts.includes(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

function leftIn(folder: string): string[] {
  const mounts = textOf("/proc/mounts").split("\n");
  const mounted = mounts.map((line) => line.split(" ")[1] ?? "");
  const pids = (existsSync("/proc") ? readdirSync("/proc") : []).filter((name) =>
    /^\d+$/.test(name),
  );
  const commands = pids.map((pid) => textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " "));
  return [
    ...readdirSync(folder)
      .filter((name) => name.startsWith("deferred-"))
      .map((name) => `folder ${join(folder, name)}`),
    ...mounted.filter((path) => path.startsWith(folder)).map((path) => `mount ${path}`),
    ...commands.filter((line) => line.includes(folder)).map((line) => `process ${line}`),
  ];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // There is none, or it has ended meanwhile.
  }
}
