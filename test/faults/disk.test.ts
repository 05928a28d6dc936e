import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, mkdir, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { RunCreated } from "../../protocol/run.ts";
import { held } from "../e2e/held.ts";
import { COMMAND_LINE, COMPILED } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { codeOf } from "../server/system.ts";
import { needsRoot } from "../needs.ts";
import { startFaulty, type FaultySystem } from "./faulty-system.ts";

const call = promisify(execFile);

/** A small file system of its own, to fill up and to lock. */
async function disk(size: string, at?: string): Promise<string> {
  const folder = at ?? (await mkdtemp(join(tmpdir(), "deferred-disk-")));
  await mkdir(folder, { recursive: true });
  await call("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  onTestFinished(async () => {
    await call("umount", ["--lazy", folder]);
    if (at === undefined) await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

const remount = (folder: string, how: "ro" | "rw") =>
  call("mount", ["-o", `remount,${how}`, folder]);

/** Takes every byte there is; returns how to give them back. */
async function fill(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, "filler");
  const file = await open(path, "w");
  for (const size of [65_536, 4096, 1]) {
    for (const bytes = Buffer.alloc(size); ;) {
      const written = await file.write(bytes).catch(() => undefined);
      if (!written) break;
    }
  }
  await file.close();
  return () => rm(path);
}

async function started(data: string): Promise<FaultySystem> {
  const system = await startFaulty(data);
  onTestFinished(system.clear);
  return system;
}

/** Why the server says that it is not ready; undefined where it is. */
async function notReady({ url }: FaultySystem): Promise<string | undefined> {
  const response = await fetch(`${url}/readyz`);
  return response.ok ? undefined : ((await response.json()) as { detail: string }).detail;
}

/** A disk that can be made to fail as a broken one does: its kernel turns it read-only, whatever is open on it. */
async function brittleDisk() {
  const folder = await mkdtemp(join(tmpdir(), "deferred-brittle-"));
  const image = `${folder}.image`;
  await call("truncate", ["--size=48M", image]);
  await call("mkfs.ext4", ["-q", "-O", "^has_journal", image]);
  await call("mount", ["-o", "loop,errors=remount-ro", image, folder]);
  onTestFinished(async () => {
    await call("umount", ["--lazy", folder]).catch(() => {});
    await rm(folder, { recursive: true });
    await rm(image);
  });
  return {
    folder,
    /** Has the server's own files refuse every write, those that are open as well, until they may be written again. */
    lock: (locked: boolean) =>
      call("find", [
        ...[folder, "-name", "machines", "-prune", "-o"],
        ...["(", "-type", "f", "-o", "-type", "d", ")"],
        ...["-exec", "chattr", locked ? "+i" : "-i", "{}", "+"],
      ]),
    async fail(): Promise<void> {
      const { stdout } = await call("findmnt", ["-no", "SOURCE", folder]);
      await writeFile(`/sys/fs/ext4/${basename(stdout.trim())}/trigger_fs_error`, "1");
    },
  };
}

test(
  "a disk that turns read-only under a server: it says so, serves what it has, and goes on once it may be written again",
  needsRoot,
  async (context) => {
    const disk = await brittleDisk().catch((error: unknown) => {
      return context.skip(`No file system can be made in a file here: ${String(error)}`);
    });
    const system = await started(join(disk.folder, "data"));
    const before = await system.run("echo before\n");
    expect(await system.result(before)).toMatchObject({ state: "succeeded" });
    const request = await system.request("echo after\n");
    const begin = async () => {
      const { line, waits, release } = held();
      const run = await system.run(`echo begun; ${line}; echo done\n`);
      await system.printed(run.id, "begun\n");
      const goOn = async () => {
        release();
        await eventually(async () => (waits() ? undefined : true));
      };
      return { ...run, goOn };
    };
    const refusesRuns = async () => {
      const refused = await system.post(request);
      expect(refused.headers.get("retry-after")).toBe("5");
      expect(await codeOf(refused)).toBe("storage_unavailable");
      expect((await fetch(`${system.url}/healthz`)).status).toBe(200);
      expect(await system.result(before)).toMatchObject({ stdout: "before\n" });
    };

    // For a while.
    const early = await begin();
    await disk.lock(true);
    await refusesRuns();
    expect(await notReady(system)).toMatch(/data folder \(EPERM\)/);
    await disk.lock(false);
    expect(await notReady(system)).toBeUndefined();
    await early.goOn();
    expect((await system.post(request)).status).toBe(202);
    expect(await system.result(early)).toMatchObject({
      state: "succeeded",
      stdout: "begun\ndone\n",
    });

    // For good, as today's kernels have it after an error.
    const late = await begin();
    await disk.fail();
    await refusesRuns();
    expect(await notReady(system)).toMatch(/disk \(EROFS\)/);
    // What ends meanwhile has not ended as far as anybody is told.
    await late.goOn();
    expect(await system.view(late.id)).toMatchObject({ state: "running", attempt: 1 });

    // It neither dies of it nor stays when it is told to go, nor do its machines.
    expect((await fetch(`${system.url}/healthz`)).status).toBe(200);
    expect(await system.machines()).toHaveLength(1);
    await system.stop();
    expect(await system.machines()).toEqual([]);
  },
);

test(
  "a full disk: what can't be kept is refused, what runs goes on, and all is well once there is room",
  needsRoot,
  async () => {
    const system = await started(await disk("32m"));
    const before = await system.run("echo before\n");
    expect(await system.result(before)).toMatchObject({ state: "succeeded" });
    const { line, waits, release } = held();
    const running = await system.run(
      `echo begun; ${line}; echo done; echo left >artifacts/left.txt\n`,
    );
    await system.printed(running.id, "begun\n");
    const choosePreemption = await fill(system.folder.root);

    const request = await system.request("echo after\n");
    const refused = await system.post(request);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await codeOf(refused)).toBe("storage_unavailable");
    // What needs no room is there all the time.
    expect((await fetch(`${system.url}/healthz`)).status).toBe(200);
    expect(await notReady(system)).toMatch(/disk \(ENOSPC\): make room/);
    expect(await system.result(before)).toMatchObject({ stdout: "before\n" });
    expect(await system.view(running.id)).toMatchObject({ state: "running", attempt: 1 });
    release();
    await eventually(async () => (waits() ? undefined : true));

    await choosePreemption();
    expect(await notReady(system)).toBeUndefined();
    expect((await system.post(request)).status).toBe(202);
    expect(await system.result(running)).toMatchObject({
      state: "succeeded",
      attempt: 1,
      stdout: "begun\ndone\n",
      artifacts: [{ name: "left.txt", size: 5 }],
    });
  },
);

test(
  "storage that can't be written keeps no run from ending, and gets its results once it can",
  needsRoot,
  async () => {
    const data = await mkdtemp(join(tmpdir(), "deferred-disk-"));
    onTestFinished(() => rm(data, { recursive: true, force: true }));
    const storage = await disk("8m", join(data, "storage"));
    const system = await started(data);
    const warm = await system.run("echo warm\n");
    await system.result(warm);
    await remount(storage, "ro");
    const small = await system.run("echo small\n");
    // Six characters a byte in its result.
    const large = await system.run("head -c 20000 /dev/zero | tr '\\0' '\\1'\n");
    const leaves = await system.run("echo text; sleep 0.3; echo left >artifacts/left.txt\n");
    // The database keeps small results, and it is on another disk.
    expect(await system.result(small)).toMatchObject({ state: "succeeded", stdout: "small\n" });
    await system.until(large.id, ({ state }) => state === "succeeded");
    const early = await fetch(system.url + paths.runResult(large.id));
    expect(early.headers.get("retry-after")).toBe("5");
    expect(await codeOf(early)).toBe("run_not_finished");
    expect(await notReady(system)).toMatch(/disk \(EROFS\)/);
    await system.printed(leaves.id, "text\n");
    expect(await system.view(leaves.id)).toMatchObject({ state: "running", attempt: 1 });
    await eventually(async () =>
      /"code":"storage_unavailable"/.test(system.logged()) ? true : undefined,
    );
    expect(system.logged()).not.toContain('"code":"internal"');
    await remount(storage, "rw");
    const { state, stdout } = await system.result(large);
    expect([state, stdout]).toEqual(["succeeded", "\u0001".repeat(20_000)]);
    const result = await system.result(leaves);
    expect(result).toMatchObject({ state: "succeeded", attempt: 1, stdout: "text\n" });
    expect(await (await fetch(result.artifacts[0]!.url)).text()).toBe("left\n");
  },
);

test(
  "a data folder that is read-only is told at the start; on a full disk what is stored is served",
  needsRoot,
  async () => {
    const data = await disk("16m");
    const system = await started(data);
    const run = await system.run("echo kept\n");
    await system.result(run);
    await system.stop();

    // What ended with the server may take a moment to let go of its files.
    await eventually(() =>
      remount(data, "ro").then(
        () => true,
        () => undefined,
      ),
    );
    const env = { ...process.env, PORT: await freePort(), DEFERRED_DATA: data };
    const refused = call(process.execPath, [COMMAND_LINE, "serve"], { env });
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${data} is on a read-only file system`) as string,
    });
    await remount(data, "rw");

    const choosePreemption = await fill(data);
    await system.start();
    expect(await system.result(run)).toMatchObject({ stdout: "kept\n" });
    const request = await system.request("echo next\n");
    expect(await codeOf(await system.post(request))).toBe("storage_unavailable");
    await choosePreemption();
    const next = (await (await system.post(request)).json()) as RunCreated;
    expect(await system.result(next)).toMatchObject({ stdout: "next\n" });
  },
);

test("a server whose log has no room runs what it is asked to, and ends when it is told to", async () => {
  const data = await mkdtemp(join(tmpdir(), "deferred-disk-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const nowhere = await open("/dev/full", "w");
  const port = await freePort();
  const child = spawn(process.execPath, [COMMAND_LINE, "serve"], {
    stdio: ["ignore", "ignore", nowhere.fd],
    env: { PATH: process.env["PATH"], ...COMPILED, PORT: port, DEFERRED_DATA: data },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await nowhere.close();
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () =>
    (await fetch(`${url}/readyz`).catch(() => undefined))?.ok ? true : undefined,
  );
  for (let request = 0; request < 10; request++) {
    expect((await fetch(`${url}/nothing-here-${request}`)).status).toBe(404);
  }
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});
