import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { toJson } from "../../../server/database/json.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import type { StoredBlockWork } from "../../../server/database/tables/runs.ts";
import { createAdmission } from "../../../server/runs/admission.ts";
import { insertRun } from "../../../server/runs/new-run.ts";
import { makeDataFolder } from "../../systems/data-folder.ts";

test("however many projects come, their shares of a full queue are one more queue at most", async () => {
  const folder = await makeDataFolder("deferred-admission-");
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const limits = { blockRate: 0, projectRate: 0, waiting: 24, waitingOfProject: 0 };
  const { admit } = createAdmission({ limits, steady: () => 0, refused: () => {} });
  const facts = { kind: "block", pool: "shared", runtime: "bash", repeatable: 1 } as const;
  const digests = { code_digest: "", inputs_digest: "", work: toJson({} as StoredBlockWork) };
  const add = (project: string) =>
    database.write(async (trx) => {
      await admit(trx, { project, pool: "shared", blockDigest: "" });
      await insertRun(trx, { ...facts, ...digests, block_digest: "", project }, 0);
    });
  const taken: number[] = [];
  for (let place = 0; place < 12; place++) {
    const slug = `a/${place}`;
    await database.queries.insertInto("projects").values({ slug, created_at: 0 }).execute();
    let count = 0;
    while (
      await add(slug).then(
        () => true,
        () => false,
      )
    )
      count++;
    taken.push(count);
  }
  expect(taken.slice(0, 4)).toEqual([24, 12, 8, 4]);
  expect(taken.reduce((sum, count) => sum + count)).toBe(48);
});
