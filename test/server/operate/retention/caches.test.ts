import { describe, expect, test } from "vitest";
import { DAY, folderOfTest, later } from "./used-folder.ts";

describe("a project's caches", () => {
  const name = "a".repeat(64);
  const [OLD, NEW] = ["2".repeat(64), "3".repeat(64)];
  const fileOf = (sha256: string) => `private/caches/acme/site/${name}-${sha256}`;

  /** A data folder with one cache, its file, and files that are nobody's. */
  async function cachedFolder(usedDaysAgo: number) {
    const root = await folderOfTest();
    const { database, storage, ...rest } = await later(root, 0);
    const { queries } = database;
    const project = "acme/site";
    await queries.insertInto("projects").values({ slug: project, created_at: 0 }).execute();
    const at = Date.now() - usedDaysAgo * DAY;
    const kept = { project, name, sha256: "1".repeat(64), size: 4, saved_at: at, used_at: at };
    await queries.insertInto("caches").values(kept).execute();
    const files = [kept.sha256, OLD, NEW];
    for (const sha256 of files) {
      await storage.put(fileOf(sha256), Buffer.from("full"), "application/gzip");
    }
    // What is kept was announced again, and of those that are not one is under way.
    const announced = files.map((sha256) => ({
      ...{ project, name, sha256 },
      since: sha256 === NEW ? Date.now() : Date.now() - 2 * DAY,
    }));
    await queries.insertInto("loose_caches").values(announced).execute();
    return { root, kept: fileOf(kept.sha256), database, ...rest };
  }

  test("go once no run used them for the time of runs", async () => {
    const unused = await cachedFolder(31);
    await unused.sweep();
    expect(await unused.object(unused.kept)).toBe(false);
    expect(await unused.database.queries.selectFrom("caches").selectAll().execute()).toEqual([]);
    await unused.close();
    const used = await cachedFolder(29);
    await used.sweep();
    expect(await used.object(used.kept)).toBe(true);
    await used.close();
  });

  test("leave no file that an upload without an end brought, and lose none that is kept", async () => {
    const { sweep, object, kept, close } = await cachedFolder(0);
    await sweep();
    expect(await Promise.all([kept, fileOf(OLD), fileOf(NEW)].map(object))).toEqual([
      true,
      false,
      true,
    ]);
    await close();
  });

  test("whose files can't be removed now are removed by a later sweep", async () => {
    const { root, kept, close } = await cachedFolder(31);
    await close();
    const refusing = await later(root, 0, {
      storage: (storage) => ({ ...storage, remove: () => Promise.reject(new Error("EIO")) }),
    });
    await refusing.sweep();
    expect(refusing.failed.length).toBe(1);
    expect(await refusing.object(kept)).toBe(true);
    await refusing.close();
    const next = await later(root, 2);
    await next.sweep();
    expect(await next.object(kept)).toBe(false);
    await next.close();
  });
});
