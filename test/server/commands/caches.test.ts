import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import type { SavedCache } from "../../../protocol/command.ts";
import { paths } from "../../../protocol/paths.ts";
import type { Assignment } from "../../../protocol/responder.ts";
import type { Machine } from "../played-machine.ts";
import { codeOf } from "../system.ts";
import { startProject } from "./stage.ts";

type Stage = Awaited<ReturnType<typeof startProject>>;

const hex = (text: string) => createHash("sha256").update(text).digest("hex");
const cacheOf = (name: string, body: string): SavedCache => ({
  name: hex(name),
  size: Buffer.byteLength(body),
  sha256: hex(body),
});

async function claimed(stage: Stage, machine: Machine): Promise<Assignment> {
  await stage.exec();
  return machine.claimOne();
}

/** Uploads `body` as the cache `name` and ends the run with it. */
async function save(stage: Stage, machine: Machine, name: string, body: string) {
  const assignment = await claimed(stage, machine);
  const caches = [cacheOf(name, body)];
  const announced = await machine.post(paths.responder.saveCaches(assignment.run), {
    attempt: 1,
    caches,
  });
  const { uploads } = (await announced.json()) as {
    uploads: { url: string; headers: Record<string, string> }[];
  };
  const { url, headers } = uploads[0]!;
  const put = await stage.app.request(url, { method: "PUT", body, headers });
  expect(put.status).toBe(200);
  await machine.finish(assignment, {}, { caches });
  return url;
}

async function restore(stage: Stage, machine: Machine, ...names: string[]) {
  const assignment = await claimed(stage, machine);
  const answer = await machine.post(paths.responder.caches(assignment.run), {
    attempt: 1,
    names: names.map(hex),
  });
  const { caches } = (await answer.json()) as { caches: ({ url: string } | null)[] };
  await machine.finish(assignment);
  return Promise.all(
    caches.map(async (cache) => cache && (await stage.app.request(cache.url)).text()),
  );
}

test("a cache is restored by the runs after the one that saved it, each by its name", async () => {
  const stage = await startProject();
  await stage.own("POST", "/v1/projects/acme/site/wake");
  const machine = await stage.worker();
  expect(await restore(stage, machine, "npm")).toEqual([null]);
  const first = await save(stage, machine, "npm", "first");
  await save(stage, machine, "gems", "gems");
  expect(await restore(stage, machine, "npm", "other", "gems")).toEqual(["first", null, "gems"]);
  await save(stage, machine, "npm", "second");
  expect(await restore(stage, machine, "npm")).toEqual(["second"]);
  // What was replaced is gone from storage.
  const key = new URL(first).pathname.replace("/v1/uploads/", "");
  const folder = `${stage.folder.storage}/objects/${key.slice(0, key.lastIndexOf("/"))}`;
  expect((await readdir(folder)).toSorted()).toEqual(
    [`${hex("npm")}-${hex("second")}`, `${hex("gems")}-${hex("gems")}`].toSorted(),
  );
});

test("what was announced and not uploaded is not restored", async () => {
  const stage = await startProject();
  await stage.own("POST", "/v1/projects/acme/site/wake");
  const machine = await stage.worker();
  const assignment = await claimed(stage, machine);
  const caches = [cacheOf("npm", "never sent")];
  await machine.post(paths.responder.saveCaches(assignment.run), { attempt: 1, caches });
  await machine.finish(assignment, {}, { caches });
  expect(await restore(stage, machine, "npm")).toEqual([null]);
});

test("an attempt announces a cache once, and no more of them than a file may name", async () => {
  const stage = await startProject();
  await stage.own("POST", "/v1/projects/acme/site/wake");
  const machine = await stage.worker();
  const { run } = await claimed(stage, machine);
  const announce = (...caches: SavedCache[]) =>
    machine.post(paths.responder.saveCaches(run), { attempt: 1, caches });
  const names = Array.from({ length: 20 }, (_, number) => `cache ${number}`);
  const all = names.map((name) => cacheOf(name, "one"));
  expect((await announce(...all)).status).toBe(200);
  expect((await announce(all[3]!)).status).toBe(200);
  expect(await codeOf(await announce(cacheOf(names[3]!, "other")))).toBe("upload_refused");
  expect(await codeOf(await announce(cacheOf("one more", "one")))).toBe("upload_refused");
});

test("caches are the holder's of a command run to ask for", async () => {
  const stage = await startProject();
  await stage.own("POST", "/v1/projects/acme/site/wake");
  const machine = await stage.worker();
  const assignment = await claimed(stage, machine);
  const names = [hex("npm")];
  const ask = (attempt: number) =>
    machine.post(paths.responder.caches(assignment.run), { attempt, names });
  expect(await codeOf(await ask(2))).toBe("attempt_over");
  const block = await stage.run("echo 1", { runtime: "bash" });
  const shared = await stage.machine();
  await shared.claimOne();
  const ofBlock = await shared.post(paths.responder.caches(block.id), { attempt: 1, names });
  expect(await codeOf(ofBlock)).toBe("attempt_not_held");
  const theirs = await shared.post(paths.responder.caches(assignment.run), { attempt: 1, names });
  expect(await codeOf(theirs)).toBe("attempt_not_held");
});
