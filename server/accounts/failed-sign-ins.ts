import { setImmediate as afterAnswer } from "node:timers/promises";
import type { Logger } from "pino";
import type { Database } from "../database/database.ts";

export type FailedSignIns = ReturnType<typeof createFailedSignIns>;

const TOGETHER_MS = 60 * 60_000;

/**
 * Records wrong passwords for accounts in the audit log. Those for one account within an hour share an entry, so that
 * a stranger fills no table, and those for addresses without an account make none.
 */
export function createFailedSignIns({ queries }: Database, now: () => number, log: Logger) {
  const open = new Map<string, { entry: number; since: number; count: number }>();

  function forgetOld(): void {
    for (const [user, { since }] of open) {
      if (now() - since >= TOGETHER_MS) open.delete(user);
    }
  }

  async function record(path: string, account: { id: string } | { email: string }): Promise<void> {
    const [column, value] = "id" in account ? ["id", account.id] : ["email", account.email];
    const user = await queries
      .selectFrom("users")
      .select(["id", "name", "owner"])
      .where(column as "id" | "email", "=", value)
      .executeTakeFirst();
    if (!user) return;
    forgetOld();
    const known = open.get(user.id);
    if (known) {
      known.count++;
      await queries
        .updateTable("audit")
        .set({ detail: `gave ${known.count} wrong passwords` })
        .where("number", "=", known.entry)
        .execute();
      return;
    }
    const { number } = await queries
      .insertInto("audit")
      .values({
        at: now(),
        ...{
          actor_kind: user.owner === 1 ? "owner" : "user",
          actor: user.id,
          actor_name: user.name,
        },
        ...{ project: null, action: `POST ${path}`, path, status: 422, location: null },
        detail: "gave a wrong password",
      })
      .returning("number")
      .executeTakeFirstOrThrow();
    open.set(user.id, { entry: number, since: now(), count: 1 });
  }

  return {
    /** Records a wrong password after the answer, whose time would otherwise tell whether there is an account. */
    add(path: string, account: { id: string } | { email: string }): void {
      void afterAnswer()
        .then(() => record(path, account))
        .catch((error: unknown) => log.warn({ err: error }, "a wrong password was not recorded"));
    },
  };
}
