import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../test/eventually.ts";
import type { Bench } from "./figure.ts";

const root = join(import.meta.dirname, "..");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Seconds from `npm start` in `folder` until `/readyz` answers 200. */
async function secondsToReady(folder: string): Promise<number> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: folder,
    detached: true,
    stdio: "ignore",
    env: { ...bareEnvironment(), PORT: String(port), DEFERRED_DATA: join(folder, "data") },
  });
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error("npm start ended");
      const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      return response?.ok ? true : undefined;
    });
    return (performance.now() - began) / 1000;
  } finally {
    const exited = once(child, "exit");
    process.kill(-child.pid!, "SIGTERM");
    await exited;
  }
}

/** The environment of a new shell: without this project's Node and npm's variables. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const path = process.env["PATH"]!.split(":").filter((part) => !part.includes("node_modules"));
  return { ...Object.fromEntries(entries), PATH: path.join(":") };
}

export const start: Bench = {
  name: "start",
  summary: "npm start to ready, in a clean clone and again.",
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "deferred-clone-"));
    try {
      const cloned = spawnSync("git", ["clone", "-q", root, join(folder, "project")]);
      if (cloned.status !== 0) throw new Error(String(cloned.stderr));
      const first = await secondsToReady(join(folder, "project"));
      const second = await secondsToReady(join(folder, "project"));
      const row = (name: string, value: number, bound: number) => ({
        name,
        measured: `${value.toFixed(1)} s`,
        beside: "",
        value,
        bound,
        unit: " s",
      });
      return [
        row("npm start to ready, clean clone", first, 120),
        row("npm start to ready, second time", second, 3),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
