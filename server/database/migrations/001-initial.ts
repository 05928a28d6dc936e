import type { Migration } from "kysely/migration";
import { commandsTables } from "./001-initial/commands.ts";
import { hooksTables, noticesTables } from "./001-initial/webhooks.ts";
import { machinesTables } from "./001-initial/machines.ts";
import { projectsTables } from "./001-initial/projects.ts";
import { runsTables } from "./001-initial/runs.ts";

/** The schema of the first release. Referenced tables come first. */
export const initial: Migration = {
  async up(db) {
    const statements = [
      ...projectsTables,
      ...machinesTables,
      ...runsTables,
      ...commandsTables,
      ...hooksTables,
      ...noticesTables,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
