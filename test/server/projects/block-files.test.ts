import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { FileClaims } from "../../../protocol/block-files.ts";
import { paths } from "../../../protocol/paths.ts";
import type { FileUploads } from "../../../protocol/registered-blocks.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createBlockFiles } from "../../../server/projects/index.ts";
import { createFsStorage } from "../../../server/storage/fs.ts";
import { codeOf, startSystem, strangerKey, url, type System } from "../system.ts";

const PROJECT = "local/demo";
const CODE = "print(open('a.bin').read(1))";
const MB = 1_000_000;
const HOUR = 3_600_000;

/** The owner's calls about a block with files. */
function owner(system: System) {
  const headers = { authorization: `Bearer ${system.ownerToken.trim()}` };
  return {
    announce: (block: string) => system.call("POST", paths.blockFiles(PROJECT), { block }, headers),
    publish: (block: string) =>
      system.call("POST", paths.projectBlocks(PROJECT), { block, code: CODE }, headers),
    change: (id: string, published: boolean) =>
      system.call("PATCH", paths.projectBlock(PROJECT, id), { published }, headers),
  };
}

const repeat = (times: number, value: number) => Array.from({ length: times }, () => value);
const sizes = (...bytes: number[]): FileClaims =>
  Object.fromEntries(
    bytes.map((size, index) => [
      `${index}.bin`,
      { sha256: createHash("sha256").update(`${index} ${size}`).digest("hex"), size },
    ]),
  );

async function upload(system: System, { uploads }: FileUploads, bytes: Buffer): Promise<number[]> {
  const statuses: number[] = [];
  for (const { url: at, headers } of uploads) {
    const body = new Uint8Array(bytes);
    statuses.push((await system.app.request(at, { method: "PUT", headers, body })).status);
  }
  return statuses;
}

test("the sizes of a block's files have bounds before there is any byte of them", async () => {
  const system = await startSystem();
  const { announce } = owner(system);
  const small = await announce(await system.sign(CODE, { files: sizes(256 * 1024) }));
  expect(await small.json()).toEqual({ uploads: [] });
  for (const files of [sizes(10 * MB + 1), sizes(...repeat(6, 9 * MB))]) {
    const response = await announce(await system.sign(CODE, { files }));
    expect([response.status, await codeOf(response)]).toEqual([413, "files_too_large"]);
  }
  const most = sizes(...repeat(5, 10 * MB));
  const answers: number[] = [];
  for (let block = 0; block < 21; block++) {
    const token = await system.sign(CODE, { files: most, jti: `large-${block}` });
    answers.push((await announce(token)).status);
  }
  expect(answers).toEqual([...repeat(20, 200), 409]);
});

test("a block is published once its files are there, and they go with its page", async () => {
  const system = await startSystem();
  const { announce, publish, change } = owner(system);
  const bytes = Buffer.alloc(300_000, "x");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const file = { sha256, size: bytes.length };
  const block = await system.sign(CODE, { files: { "a.bin": file, "b/a.bin": file } });
  expect(await codeOf(await system.call("POST", paths.projectBlocks(PROJECT), { block }))).toBe(
    "token_missing",
  );
  const foreign = await system.sign(CODE, { files: sizes(300_000) }, await strangerKey());
  expect(await codeOf(await announce(foreign))).toBe("key_unknown");
  expect(await codeOf(await publish(block))).toBe("file_missing");
  const uploads = (await (await announce(block)).json()) as FileUploads;
  expect(uploads.uploads.map(({ path }) => path)).toEqual(["a.bin"]);
  expect(await upload(system, uploads, Buffer.alloc(300_000, "y"))).toEqual([403]);
  expect(await codeOf(await publish(block))).toBe("file_missing");
  expect(await upload(system, uploads, bytes)).toEqual([200]);
  expect(await (await announce(block)).json()).toEqual({ uploads: [] });

  const run = () => system.call("POST", paths.runs, { block, code: CODE });
  expect(await codeOf(await run())).toBe("file_missing");
  const { id } = (await (await publish(block)).json()) as { id: string };
  expect((await run()).status).toBe(202);
  const machine = await system.machine();
  const { work } = await machine.claimOne();
  expect(work).toMatchObject({ stored_files: { "a.bin": file, "b/a.bin": file } });
  expect(JSON.stringify(work).length).toBeLessThan(4000);
  const [first] = Object.values((work.kind === "block" && work.stored_files) || {});
  const read = () => system.app.request(first!.url);
  expect(Buffer.from(await (await read()).arrayBuffer())).toEqual(bytes);
  expect((await system.app.request(first!.url.replace(/\?.*/, ""))).status).toBe(404);

  expect((await change(id, false)).status).toBe(200);
  expect((await read()).status).toBe(404);
  expect(await codeOf(await change(id, true))).toBe("file_missing");
});

test("files whose block was not published within an hour are removed", async () => {
  const system = await startSystem();
  const { announce, publish } = owner(system);
  const bytes = Buffer.alloc(300_000, "x");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const files = { "a.bin": { sha256, size: bytes.length } };
  for (const jti of ["published", "left"]) {
    const block = await system.sign(CODE, { files, jti });
    await upload(system, (await (await announce(block)).json()) as FileUploads, bytes);
    if (jti === "published") expect((await publish(block)).status).toBe(201);
  }
  await system.close();
  const { folder } = system;
  const database = await openSqlite(folder.database);
  const later = (ms: number) => {
    const now = () => Date.now() + ms;
    const storage = createFsStorage({
      ...{ folder: folder.storage, uploadUrl: url, url, secret: "", now, beside: true },
    });
    return createBlockFiles({ database, storage, now });
  };
  expect(await later(0).removeUnneeded()).toBe(0);
  expect(await later(2 * HOUR).removeUnneeded()).toBe(1);
  expect(await later(2 * HOUR).removeUnneeded()).toBe(0);
  const rows = await database.queries.selectFrom("block_files").select("block").execute();
  expect(rows).toHaveLength(1);
  await later(0).forget(PROJECT);
  expect(await database.queries.selectFrom("block_files").select("block").execute()).toEqual([]);
  await database.close();
});
