import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pino } from "pino";
import type { EndedMachine } from "../../server/providers/compute.ts";
import { createLocalCompute } from "../../server/providers/local/compute.ts";
import { identifyProcess } from "../../server/providers/local/processes.ts";
import { eventually } from "../eventually.ts";
import { computeSuite, specOf } from "./compute.ts";

const WAITS = "setInterval(() => {}, 1e6)";

/** `program` is what stands where a responder would; `folder` is of the server before this one. */
async function open(program: string, before?: string) {
  const folder = before ?? (await mkdtemp(join(tmpdir(), "deferred-compute-")));
  const ended: EndedMachine[] = [];
  const logged: { msg: string; signal?: string }[] = [];
  const compute = createLocalCompute({
    folder,
    cache: `${folder}-cache`,
    responder: { command: process.execPath, args: ["-e", program, "--"] },
    log: pino({}, { write: (line) => void logged.push(JSON.parse(line)) }),
  });
  compute.onEnd?.((end) => void ended.push(end));
  onTestFinished(async () => {
    for (const { providerId } of await compute.list()) await compute.destroy(providerId);
    await rm(folder, { recursive: true, force: true });
    await rm(`${folder}-cache`, { recursive: true, force: true });
  });
  return { compute, folder, ended, logged };
}

computeSuite("local", async () => {
  const { compute, folder } = await open(WAITS);
  return {
    compute,
    async endFromWithin(launchId) {
      const text = await readFile(join(folder, launchId, "process.json"), "utf8");
      process.kill((JSON.parse(text) as { pid: number }).pid);
    },
  };
});

test("a server hears of the end of a machine that the one before it started, once it has seen it", async () => {
  const first = await open(WAITS);
  for (const launchId of ["l1", "l2"]) await first.compute.launch(specOf(launchId));
  const next = await open(WAITS, first.folder);
  await next.compute.list();
  await next.compute.list();
  const text = await readFile(join(first.folder, "l1/process.json"), "utf8");
  process.kill((JSON.parse(text) as { pid: number }).pid, "SIGKILL");
  await eventually(async () => (next.ended.length > 0 ? true : undefined));
  const detail = "It was an earlier server's.";
  expect(next.ended).toEqual([{ launchId: "l1", reason: "machine_gone", detail }]);
  expect(first.ended).toEqual([{ launchId: "l1", reason: "machine_gone", detail: "" }]);
  expect(first.logged.at(-1)).toMatchObject({ machine: "l1", code: null, signal: "SIGKILL" });
});

test("a local machine is told which runtime the waiting run needs", async () => {
  const { compute, folder } = await open(WAITS);
  await compute.launch({ ...specOf("l1"), runtime: "python@3.11" });
  const text = await readFile(join(folder, "l1/process.json"), "utf8");
  const { pid } = JSON.parse(text) as { pid: number };
  expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).toMatch(/\0--first\0python\0$/);
});

test("a local machine moves as long as anything of it computes, and not while it stands still", async () => {
  const busy = await open("setInterval(() => {}, 1)");
  const { providerId } = await busy.compute.launch(specOf("l1"));
  const activity = () => busy.compute.activity!(providerId);
  const first = await activity();
  await eventually(async () => ((await activity()) === first ? undefined : true));
  const text = await readFile(join(busy.folder, "l1/process.json"), "utf8");
  const { pid } = JSON.parse(text) as { pid: number };
  process.kill(pid, "SIGSTOP");
  const stopped = await eventually(async () => {
    const [one, next] = [await activity(), await activity()];
    return one === next ? one : undefined;
  });
  for (let look = 0; look < 20; look++) expect(await activity()).toBe(stopped);
  process.kill(pid, "SIGKILL");
  await eventually(async () => ((await activity()) === undefined ? true : undefined));

  const below = await open(
    `require("child_process").spawn("sh", ["-c", "while :; do :; done"]); ${WAITS}`,
  );
  const parent = await below.compute.launch(specOf("l2"));
  const started = await eventually(() => below.compute.activity!(parent.providerId));
  await eventually(async () =>
    (await below.compute.activity!(parent.providerId))! > started + 50 ? true : undefined,
  );
});

test("a local machine's end takes along the processes that outlive its first one", async () => {
  const { compute, folder } = await open(
    `require("child_process").spawn("sh", ["-c", "trap '' TERM; echo $$ >child; while :; do sleep 1000; done"]); ${WAITS}`,
  );
  const { providerId } = await compute.launch(specOf("l1"));
  const child = await eventually(async () => {
    const text = await readFile(join(folder, "l1/child"), "utf8").catch(() => "");
    return text.endsWith("\n") ? Number(text) : undefined;
  });
  expect(await identifyProcess(child)).toBeDefined();
  await compute.destroy(providerId);
  expect(await identifyProcess(child)).toBeUndefined();
});

test("what one machine learnt of the interpreters, the next one of this host knows", async () => {
  const state = "process.argv.at(-1)";
  const { compute, folder } = await open(
    `const fs = require("fs"), file = ${state} + "/runtimes.json";
     const known = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
     fs.writeFileSync(file, known + "x"); fs.writeFileSync("known", "<" + known + ">"); ${WAITS}`,
  );
  const known = async (launch: string) => {
    await compute.launch(specOf(launch));
    return eventually(async () => {
      const text = await readFile(join(folder, launch, "known"), "utf8").catch(() => "");
      return text.endsWith(">") ? text : undefined;
    });
  };
  expect(await known("l1")).toBe("<>");
  expect(await known("l2")).toBe("<x>");
});

test("a local machine's folder and launch file are its owner's alone, its environment is bare", async () => {
  const { compute, folder } = await open(
    `require("fs").writeFileSync("env.json", JSON.stringify([process.env, process.argv])); ${WAITS}`,
  );
  process.env["AWS_SECRET_ACCESS_KEY"] = "not for machines";
  onTestFinished(() => void delete process.env["AWS_SECRET_ACCESS_KEY"]);
  await compute.launch(specOf("l1"));
  const seen = await eventually(async () => {
    const text = await readFile(join(folder, "l1/env.json"), "utf8").catch(() => "");
    return text.endsWith("]") ? text : undefined;
  });
  const [env, argv] = JSON.parse(seen) as [Record<string, string>, string[]];
  expect(Object.keys(env)).toEqual(["PATH", "NODE_COMPILE_CACHE"]);
  expect(argv.join(" ")).not.toContain('"t"');
  expect((await stat(join(folder, "l1/launch.json"))).mode & 0o777).toBe(0o600);
});
