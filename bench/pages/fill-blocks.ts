import { blockId, codeDigest, tokenDigest } from "../../blocks/digest.ts";
import { newKeyPair } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import type { Ending, RunState } from "../../protocol/run.ts";
import type { Database } from "../../server/database/database.ts";
import { newId } from "../../server/database/ids.ts";
import { toJson } from "../../server/database/json.ts";

const BLOCKS = 500;
const ROWS_AT_ONCE = 500;
const DAY_MS = 86_400_000;

export interface FilledBlocks {
  slug: string;
  /** The id of a published block. */
  block: string;
}

/** A project of signed blocks, which readers ran `runs` times. */
export async function fillBlocks(
  database: Database,
  { runs, now, url }: { runs: number; now: number; url: string },
): Promise<FilledBlocks> {
  const slug = "acme/posts";
  const key = await newKeyPair("EdDSA");
  const blocks = await Promise.all(
    Array.from({ length: Math.min(BLOCKS, runs) }, async (_, index) => {
      const code = `print(sum(range(${index})))\n`;
      const title = `Figure ${index}`;
      const claims = { iss: slug, aud: url, iat: Math.floor(now / 1000), jti: newId(), title };
      const token = await signBlock(
        { ...claims, code: codeDigest(code), runtime: "python" },
        key.privateJwk,
      );
      const digest = tokenDigest(token);
      return { digest, token, code, title, id: blockId(digest) };
    }),
  );
  const made = Array.from({ length: runs }, (_, age) =>
    madeRun({ slug, block: blocks[age % blocks.length]!, at: now - 60_000 - age * 1000, age }),
  );
  await database.write(async (trx) => {
    await trx
      .insertInto("projects")
      .values({ slug, created_at: now - 365 * DAY_MS })
      .execute();
    await trx
      .insertInto("keys")
      .values({
        ...{ project: slug, kid: key.kid, jwk: toJson(key.publicJwk), label: "laptop" },
        ...{ created_at: now, revoked_at: null },
      })
      .execute();
    for (const block of blocks) {
      await trx
        .insertInto("registered_blocks")
        .values({
          ...{ ...block, project: slug, runtime: "python", parts: toJson({}) },
          ...{ created_at: now, published_at: now, unpublished_at: null, name: null },
          named_at: null,
        })
        .execute();
    }
    const counts = { last_run_at: now, runs: runs / blocks.length, readers: runs };
    await trx.updateTable("registered_blocks").set(counts).where("project", "=", slug).execute();
    for (let from = 0; from < runs; from += ROWS_AT_ONCE) {
      const some = made.slice(from, from + ROWS_AT_ONCE);
      await trx.insertInto("runs").values(some).execute();
    }
  });
  return { slug, block: blocks[0]!.id };
}

function madeRun(of: {
  slug: string;
  block: { digest: string; code: string; title: string };
  at: number;
  age: number;
}) {
  const { slug, block, at, age } = of;
  const state: RunState = age % 9 === 0 ? "failed" : "succeeded";
  const ending = {
    ...{ state, reason: null, exit_code: state === "failed" ? 1 : 0, signal: null },
    ...{ truncated: { stdout: 0, stderr: 0 }, artifacts: [], attempt: 1, times: { ran_s: 0.4 } },
  } as unknown as Ending;
  return {
    ...{ id: newId(), project: slug, pool: "shared", kind: "block" as const, state },
    ...{ trigger: "reader", title: block.title, block_digest: block.digest },
    ...{ code_digest: codeDigest(block.code), inputs_digest: "", runtime: "python" },
    work: toJson({
      ...{ kind: "block", runtime: "python", code: block.code, env: {}, limits: {} },
    } as never),
    ...{ attempt: 1, max_attempts: 3, repeatable: 1, last_batch: 0, last_event: 4 },
    ...{ created_at: at, available_at: at, started_at: at + 100, ended_at: at + 500 },
    ...{ result_written: 1, noticed: state, ran_ms: 400, ending: toJson(ending) },
  };
}
