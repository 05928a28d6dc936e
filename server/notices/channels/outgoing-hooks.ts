import { fromJson, toJson } from "../../database/json.ts";
import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { InferOutput } from "valibot";
import type { OutgoingEvent, OutgoingHookSchema } from "../../../protocol/notices.ts";
import type { Database } from "../../database/database.ts";
import { newId } from "../../database/ids.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Sealing } from "../../database/sealing.ts";
import type { SendOutcome } from "../outcome.ts";
import { post, retryAfterMs } from "../../http/post.ts";
import { checkAddress } from "../../projects/address.ts";

export type OutgoingHook = InferOutput<typeof OutgoingHookSchema>;

export type OutgoingHooks = ReturnType<typeof createOutgoingHooks>;

const MAX_HOOKS = 20;

/** The outgoing hooks of a project, with sealed secrets. */
export function createOutgoingHooks({
  database,
  sealing,
  allowPrivate,
  now,
}: {
  database: Database;
  sealing: Sealing;
  allowPrivate: boolean;
  now: () => number;
}) {
  const { queries } = database;
  const place = (project: string, id: string) => [project, "outgoing hook", id];

  function rows(project: string) {
    return queries
      .selectFrom("outgoing_hooks")
      .selectAll()
      .where("project", "=", project)
      .where("removed_at", "is", null)
      .orderBy("created_at")
      .execute();
  }

  async function list(project: string): Promise<OutgoingHook[]> {
    return (await rows(project)).map(({ id, url, events, created_at }) => ({
      id,
      url,
      events: fromJson(events),
      created_at: new Date(created_at).toISOString(),
    }));
  }

  return {
    list,

    /** Only this answer holds the secret. Throws `body_invalid` or `repository_refused`. */
    async create(
      project: string,
      { url, events }: { url: string; events: OutgoingEvent[] },
    ): Promise<OutgoingHook> {
      const { protocol, username, password } = new URL(url);
      if (!/^https?:$/.test(protocol) || username || password) {
        throw new ApiError("body_invalid", "url: an http or https URL without a password in it.");
      }
      await checkAddress(url, { allowPrivate });
      if ((await rows(project)).length >= MAX_HOOKS) {
        throw new ApiError("body_invalid", `url: the project has ${MAX_HOOKS} already.`);
      }
      const id = newId();
      const secret = `whsec_${randomBytes(32).toString("base64")}`;
      const created = now();
      await queries
        .insertInto("outgoing_hooks")
        .values({
          id,
          project,
          url,
          sealed_secret: sealing.seal(secret, place(project, id)),
          events: toJson([...new Set(events)]),
          created_at: created,
          removed_at: null,
        })
        .execute();
      return { ...(await list(project)).find((hook) => hook.id === id)!, secret };
    },

    /** Gives up its unsent notices. */
    async remove(project: string, id: string): Promise<void> {
      await database.write(async (trx) => {
        const removed = await trx
          .updateTable("outgoing_hooks")
          .set({ removed_at: now() })
          .where("project", "=", project)
          .where("id", "=", id)
          .where("removed_at", "is", null)
          .executeTakeFirst();
        if (removed.numUpdatedRows === 0n)
          throw new ApiError("not_found", "The project has no such webhook.");
        await trx
          .updateTable("notices")
          .set({ next_at: null, answer: "The webhook was removed." })
          .where("hook", "=", id)
          .where("next_at", "is not", null)
          .execute();
      });
    },

    /** Posts a notice once, signed by Standard Webhooks: its id is the same at each try. */
    async send(
      notice: { id: string; project: string; hook: string; body: string },
      signal: AbortSignal,
    ): Promise<SendOutcome> {
      const hook = (await rows(notice.project)).find(({ id }) => id === notice.hook);
      if (!hook) return { kind: "never", answer: "The webhook was removed." };
      const webhook = new Webhook(sealing.open(hook.sealed_secret, place(hook.project, hook.id)));
      const id = `msg_${notice.id}`;
      const at = new Date(now());
      const { status, headers } = await post({
        url: hook.url,
        headers: {
          "content-type": "application/json",
          "webhook-id": id,
          "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
          "webhook-signature": webhook.sign(id, at, notice.body),
        },
        body: notice.body,
        allowPrivate,
        signal,
      });
      const answer = `It answered ${status}.`;
      if (status >= 200 && status < 300) return { kind: "sent", answer };
      if (status === 410) {
        return { kind: "never", answer: `${answer} That means: send no more. Remove the webhook.` };
      }
      if (status >= 300 && status < 400) {
        const what = "Redirects are not followed: add the webhook with the new address.";
        return { kind: "again", answer: `${answer} ${what}` };
      }
      return { kind: "again", answer, afterMs: retryAfterMs(headers["retry-after"], now()) };
    },
  };
}
