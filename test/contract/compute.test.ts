import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Compute, LaunchSpec } from "../../server/compute/compute.ts";
import { createLocalCompute } from "../../server/compute/local.ts";
import { eventually } from "../eventually.ts";

/** Every implementation; `program` is what stands where a responder would. */
const implementations: Record<string, (program: string) => Promise<Compute>> = {
  async local(program) {
    const folder = await mkdtemp(join(tmpdir(), "deferred-compute-"));
    const compute = createLocalCompute({
      folder,
      compileCache: `${folder}-cache`,
      responder: { command: process.execPath, args: ["-e", program, "--"] },
      onExit: () => {},
    });
    onTestFinished(async () => {
      for (const { providerId } of await compute.list()) await compute.destroy(providerId);
      await rm(folder, { recursive: true, force: true });
      await rm(`${folder}-cache`, { recursive: true, force: true });
    });
    return compute;
  },
};

const waits = "setInterval(() => {}, 1e6)";
const specOf = (launchId: string): LaunchSpec => ({
  launchId,
  pool: "shared",
  project: "local/demo",
  firstOffer: 1,
  onOffer: async () => {},
  launchFile: {
    server_url: "http://127.0.0.1:1",
    launch_id: launchId,
    registration_token: "t",
    idle_s: 1,
    unreachable_s: 1,
  },
});

describe.for(Object.entries(implementations))("compute %s", ([, open]) => {
  test("lists what it launched until it is destroyed", async () => {
    const compute = await open(waits);
    expect(await compute.list()).toEqual([]);
    const { providerId } = await compute.launch(specOf("l1"));
    expect(await compute.list()).toEqual([{ launchId: "l1", providerId, state: "running" }]);
    await compute.destroy(providerId);
    await compute.destroy(providerId);
    expect(await compute.list()).toEqual([]);
  });

  test("starts nothing twice for the same launch", async () => {
    const compute = await open(waits);
    const first = await compute.launch(specOf("l1"));
    expect(await compute.launch(specOf("l1"))).toEqual(first);
    expect(await compute.list()).toHaveLength(1);
  });

  test("tells a machine that ended by itself from one that runs", async () => {
    const compute = await open("");
    await compute.launch(specOf("l1")).catch(() => {}); // It may be gone before it was recorded.
    await eventually(async () => {
      const running = (await compute.list()).filter((machine) => machine.state === "running");
      return running.length === 0 ? true : undefined;
    });
  });
});

test("a local machine's folder and launch file are its owner's alone, its environment is bare", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-compute-"));
  const program = `require("fs").writeFileSync("env.json", JSON.stringify([process.env, process.argv])); ${waits}`;
  const compute = createLocalCompute({
    folder,
    compileCache: `${folder}-cache`,
    responder: { command: process.execPath, args: ["-e", program, "--"] },
    onExit: () => {},
  });
  process.env["AWS_SECRET_ACCESS_KEY"] = "not for machines";
  onTestFinished(async () => {
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    await compute.destroy("l1");
    await rm(folder, { recursive: true });
    await rm(`${folder}-cache`, { recursive: true, force: true });
  });
  await compute.launch(specOf("l1"));
  const seen = await eventually(async () => {
    const text = await readFile(join(folder, "l1/env.json"), "utf8").catch(() => "");
    return text.endsWith("]") ? text : undefined;
  });
  const [env, argv] = JSON.parse(seen) as [Record<string, string>, string[]];
  expect(Object.keys(env)).toEqual(["PATH", "NODE_COMPILE_CACHE"]);
  expect(argv.join(" ")).not.toContain('"t"');
  const { stat } = await import("node:fs/promises");
  expect((await stat(join(folder, "l1/launch.json"))).mode & 0o777).toBe(0o600);
});
