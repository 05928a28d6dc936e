import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { deferred, serve, type Served } from "../systems/process.ts";

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "deferred-backup-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function start(served: Pick<Served, "url" | "data">, program: string): Promise<RunCreated> {
  const file = join(served.data, "program.sh");
  await writeFile(file, program);
  const { stdout } = await deferred(served, ["sign", file, "--format", "json"]);
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${served.url}/v1/runs`, { method: "POST", headers, body: stdout });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as RunCreated;
}

const resultOf = (run: RunCreated): Promise<Result> =>
  eventually(async () => {
    const response = await fetch(run.result_url).catch(() => undefined);
    return response?.ok ? ((await response.json()) as Result) : undefined;
  });

test("what a running server keeps is written to one file, and another goes on from it", async () => {
  const port = await freePort();
  const served = await serve({ DEFERRED_IDLE_S: "1", PORT: port });
  const done = await start(served, "echo kept > artifacts/a.txt; echo done\n");
  await resultOf(done);
  // A machine that is on record would be waited for, for a minute.
  await eventually(async () => (served.logged().includes("a machine is gone") ? true : undefined));
  const file = join(await folder(), "backup.tar.gz");
  const made = await deferred(served, ["backup", file]);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toContain(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(served.data)).filter((name) => name.startsWith("snapshot"))).toEqual([]);
  await served.stop();

  // As docs/operate.md says.
  const data = join(await folder(), "data");
  await mkdir(data, { mode: 0o700 });
  execFileSync("tar", ["--extract", "--gzip", "--file", file, "--directory", data]);
  const restored = await serve({ DEFERRED_DATA: data, PORT: port });
  const result = await resultOf(done);
  expect(result).toMatchObject({ state: "succeeded", stdout: "done\n" });
  expect(await (await fetch(result.artifacts[0]!.url)).text()).toBe("kept\n");
  const events = await (await fetch(done.events_url)).text();
  expect(events).toContain('"type":"ended"');
  // Its keys and tokens are those of before.
  expect(await resultOf(await start(restored, "echo again\n"))).toMatchObject({
    stdout: "again\n",
  });
  const listed = await deferred(restored, ["projects", "list"]);
  expect(listed.code).toBe(0);
});

test("a server that is stopped is backed up as well, and one elsewhere is not", async () => {
  const served = await serve();
  const other = join(served.data, "other.tar.gz");
  const elsewhere = await folder();
  for (const name of ["owner-token", "deferred.db"]) {
    execFileSync("cp", [join(served.data, name), elsewhere]);
  }
  await writeFile(join(elsewhere, "server.json"), JSON.stringify({ url: served.url }));
  const refused = await deferred({ data: elsewhere }, ["backup", other]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain("another data folder");
  expect(existsSync(other)).toBe(false);

  await served.stop();
  const file = join(await folder(), "backup.tar.gz");
  // What another one is just writing is left to it.
  await writeFile(`${file}.part`, "");
  expect((await deferred(served, ["backup", file])).stderr).toContain("another backup");
  // A partial file older than an hour was left by a backup that was killed.
  const long = new Date(Date.now() - 2 * 3_600_000);
  await utimes(`${file}.part`, long, long);
  expect(await deferred(served, ["backup", file, "--no-results"])).toMatchObject({ code: 0 });
  const names = execFileSync("tar", ["--list", "--file", file], { encoding: "utf8" });
  const wanted = ["deferred.db", "secret", "owner-token", "receipt-key.json", "keys/"];
  expect(names.split("\n")).toEqual(expect.arrayContaining(wanted));
  expect(names).not.toContain("storage/");
});
