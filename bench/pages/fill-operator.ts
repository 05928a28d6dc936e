import type { Trx } from "../../server/database/database.ts";
import { newId } from "../../server/database/ids.ts";
import { toJson } from "../../server/database/json.ts";
import { newMachine } from "../../server/fleet/machines.ts";

const ROWS_AT_ONCE = 200;
const ACTOR = {
  actor_kind: "user" as const,
  actor: "2y5hg8q1r0m7c4k9v6x3bn0dwz",
  actor_name: "ada",
};

/** What the operator's pages show of a busy server: machines with their wakes, and the audit log. */
export async function fillForOperator(
  trx: Trx,
  {
    slug,
    machines,
    entries,
    now,
  }: { slug: string; machines: number; entries: number; now: number },
): Promise<string> {
  const ids = Array.from({ length: machines }, () => newId());
  await inPieces(ids, async (some, from) => {
    await trx
      .insertInto("machines")
      .values(some.map((id, index) => machineOf(id, from + index, slug, now)))
      .execute();
    await trx
      .insertInto("wakes")
      .values(some.map((id, index) => wakeOf(id, from + index, slug, now)))
      .execute();
  });
  await inPieces(Array.from({ length: entries }), async (some, from) => {
    await trx
      .insertInto("audit")
      .values(
        some.map((_, index) => ({
          ...{ ...ACTOR, project: slug, status: 204, location: null },
          at: now - (entries - from - index) * 60_000,
          action: "PUT /v1/projects/{owner}/{name}/secrets/{secret}",
          path: `/v1/projects/${slug}/secrets/KEY_${(from + index) % 90}`,
        })),
      )
      .execute();
  });
  return ids[0] ?? "";
}

async function inPieces<Item>(
  items: readonly Item[],
  insert: (some: readonly Item[], from: number) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < items.length; from += ROWS_AT_ONCE) {
    await insert(items.slice(from, from + ROWS_AT_ONCE), from);
  }
}

/** The first five are awake; the others came and went. */
function machineOf(id: string, age: number, slug: string, now: number) {
  const at = now - 120_000 - age * 600_000;
  const isAwake = age < 5;
  return {
    ...newMachine({
      ...{
        launchId: id,
        pool: `project:${slug}`,
        project: slug,
        compute: "ec2",
        slots: 4,
        now: at,
      },
    }),
    ...{ state: isAwake ? ("ready" as const) : ("gone" as const), phase: "ready" },
    ...{ registered_at: at + 20_000, idle_since: at + 60_000, last_seen_at: now },
    ...{ type: "t4g.small", zone: "eu-central-1b", market: "spot" as const },
    ended_at: isAwake ? null : at + 500_000,
    reason: isAwake ? null : "idle",
    runtimes: toJson([{ name: "python" as const, version: "3.13" }]),
    about: toJson({
      sandbox: { name: "bubblewrap" as const, features: ["seccomp"] },
      host: { arch: "arm64", os: "Debian GNU/Linux 13", cpus: 2, memory_mb: 1844 },
      release: "0.1.0",
    }),
  };
}

function wakeOf(id: string, age: number, slug: string, now: number) {
  const at = now - 120_000 - age * 600_000;
  return {
    ...{ machine: id, number: 1, pool: `project:${slug}`, project: slug, how: "launch" as const },
    ...{ hinted: 0, counted: 1, reason: null, failed_at: null, detail: null, untold: 0 },
    ...{ requested_at: at, registered_at: at + 20_000 },
    ended_at: age < 5 ? null : at + 500_000,
    cause: toJson({ kind: "run" as const, run: newId() }),
  };
}
