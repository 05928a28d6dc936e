import type { Queries } from "../database/database.ts";
import type { Sealing } from "../database/sealing.ts";

/** `secret`: given to the project's commands. `own`: used by the server and the checkout. */
export type SecretKind = "secret" | "own";

/** Encrypted texts of projects. Pass a transaction as `queries` to make a call part of it. */
export interface ProjectSecrets {
  put(
    queries: Queries,
    project: string,
    kind: SecretKind,
    name: string,
    value: string,
  ): Promise<void>;
  /** Returns whether the text existed. */
  remove(queries: Queries, project: string, kind: SecretKind, name: string): Promise<boolean>;
  names(
    queries: Queries,
    project: string,
    kind: SecretKind,
  ): Promise<{ name: string; set_at: string }[]>;
  /** Decrypts all texts, or those of `names`. Throws `sealed_otherwise`. */
  values(
    queries: Queries,
    project: string,
    kind: SecretKind,
    names?: readonly string[],
  ): Promise<Record<string, string>>;
}

export function createProjectSecrets(sealing: Sealing, now: () => number): ProjectSecrets {
  return {
    async put(queries, project, kind, name, value) {
      const sealed = sealing.seal(value, [project, kind, name]);
      await queries
        .insertInto("project_secrets")
        .values({ project, kind, name, sealed, set_at: now() })
        .onConflict((conflict) =>
          conflict.columns(["project", "kind", "name"]).doUpdateSet({ sealed, set_at: now() }),
        )
        .execute();
    },

    async remove(queries, project, kind, name) {
      const removed = await queries
        .deleteFrom("project_secrets")
        .where("project", "=", project)
        .where("kind", "=", kind)
        .where("name", "=", name)
        .executeTakeFirst();
      return removed.numDeletedRows > 0n;
    },

    async names(queries, project, kind) {
      const rows = await ofKind(queries, project, kind).select(["name", "set_at"]).execute();
      return rows.map(({ name, set_at }) => ({ name, set_at: new Date(set_at).toISOString() }));
    },

    async values(queries, project, kind, names) {
      const rows = await ofKind(queries, project, kind)
        .select(["name", "sealed"])
        .$if(names !== undefined, (some) => some.where("name", "in", names!))
        .execute();
      return Object.fromEntries(
        rows.map(({ name, sealed }) => [name, sealing.open(sealed, [project, kind, name])]),
      );
    },
  };
}

function ofKind(queries: Queries, project: string, kind: SecretKind) {
  return queries
    .selectFrom("project_secrets")
    .where("project", "=", project)
    .where("kind", "=", kind)
    .orderBy("name");
}
