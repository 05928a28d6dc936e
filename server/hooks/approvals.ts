import type { Actor } from "../../protocol/actors.ts";
import type { Trx } from "../database/database.ts";
import { toJson } from "../database/json.ts";
import type { Project } from "../projects/projects.ts";
import type { RequestAuthor, DecidedRun } from "./decision.ts";
import type { ProviderName } from "./providers.ts";

/** Whom an approval is about. */
interface Stranger {
  project: string;
  provider: ProviderName;
  author: RequestAuthor;
}

/** Why the run has to be approved, as a sentence; undefined: it may start. */
export async function approvalNeeded(
  trx: Trx,
  { slug, settings }: Pick<Project, "slug" | "settings">,
  provider: ProviderName,
  { stranger, author }: DecidedRun,
): Promise<string | undefined> {
  if (!settings.approve_strangers || !stranger) return undefined;
  if (author && (await isApproved(trx, { project: slug, provider, author }))) return undefined;
  const who = author ? `${author.name}'s first pull request` : "A stranger's pull request";
  return `${who} waits for approval: look at what it changes, then run deferred projects deliveries approve with this delivery's id.`;
}

async function isApproved(trx: Trx, { project, provider, author }: Stranger): Promise<boolean> {
  const row = await trx
    .selectFrom("approved_authors")
    .select("author")
    .where("project", "=", project)
    .where("provider", "=", provider)
    .where("author", "=", author.id)
    .executeTakeFirst();
  return row !== undefined;
}

/** Lets later pull requests of the author run. Idempotent. */
export async function approveAuthor(
  trx: Trx,
  { project, provider, author }: Stranger,
  by: Actor,
  now: number,
): Promise<void> {
  await trx
    .insertInto("approved_authors")
    .values({
      project,
      provider,
      author: author.id,
      name: author.name.slice(0, 200),
      approved_by: toJson(by),
      approved_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
