import type { MachineTables } from "./tables/machines.ts";
import type { ProjectTables } from "./tables/projects.ts";
import type { RunTables } from "./tables/runs.ts";
import type { UserTables } from "./tables/users.ts";

/** Moments are milliseconds since 1970. */
export interface Tables extends MachineTables, ProjectTables, RunTables, UserTables {
  facts: { name: string; value: string };
  /** Small objects of the server's own storage, by their keys. */
  documents: { key: string; body: Uint8Array };
}
