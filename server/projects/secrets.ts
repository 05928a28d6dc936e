import type { Actor } from "../../protocol/actors.ts";
import type { Queries } from "../database/database.ts";
import { fromJson, toJson } from "../database/json.ts";
import type { Sealing } from "../database/sealing.ts";

/** `secret`: given to the project's commands. `own`: used by the server and the checkout. */
type SecretKind = "secret" | "own";

/** A stored text without its value. */
export interface NamedSecret {
  name: string;
  set_at: string;
  /** Null: the server, or not known. */
  set_by: Actor | null;
}

/** Encrypted texts of projects. Pass a transaction as `queries` to make a call part of it. */
export interface ProjectSecrets {
  put(
    queries: Queries,
    project: string,
    kind: SecretKind,
    name: string,
    value: string,
    /** Absent: the server. */
    by?: Actor,
  ): Promise<void>;
  /** Returns whether the text existed. */
  remove(queries: Queries, project: string, kind: SecretKind, name: string): Promise<boolean>;
  names(queries: Queries, project: string, kind: SecretKind): Promise<NamedSecret[]>;
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
    async put(queries, project, kind, name, value, by) {
      const sealed = sealing.seal(value, [project, kind, name]);
      const set = { sealed, set_at: now(), set_by: by ? toJson(by) : null };
      await queries
        .insertInto("project_secrets")
        .values({ project, kind, name, ...set })
        .onConflict((conflict) => conflict.columns(["project", "kind", "name"]).doUpdateSet(set))
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
      const rows = await ofKind(queries, project, kind)
        .select(["name", "set_at", "set_by"])
        .execute();
      return rows.map(({ name, set_at, set_by }) => ({
        ...{ name, set_at: new Date(set_at).toISOString() },
        set_by: fromJson(set_by) ?? null,
      }));
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
