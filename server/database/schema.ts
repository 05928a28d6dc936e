import type { MachineTables } from "./tables/machines.ts";
import type { ProjectTables } from "./tables/projects.ts";
import type { RunTables } from "./tables/runs.ts";
import type { UserTables } from "./tables/users.ts";

/** Moments are milliseconds since 1970. */
export interface Tables extends MachineTables, ProjectTables, RunTables, UserTables {
  facts: { name: string; value: string };
}
