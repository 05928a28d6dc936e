import type { Context } from "hono";
import type { Access } from "../../accounts/access.ts";
import type { Reading } from "../../commands/reading/reading.ts";
import type { Html } from "../layout.ts";
import { startPage } from "./page.ts";

export interface StartDeps {
  access: Pick<Access, "currentUser" | "shownTo" | "mayMakeProject">;
  reading: Pick<Reading, "start" | "projects">;
  now: () => number;
}

/** Most runs in each list of the start page. */
const LISTED = 15;

/** The start page of a signed-in person; undefined for others. */
export function createStart({ access, reading, now }: StartDeps) {
  return async (c: Context): Promise<Html | undefined> => {
    const signedIn = await access.currentUser(c);
    if (!signedIn) return undefined;
    const { id, name } = signedIn.user;
    const shown = await access.shownTo(c);
    const projects = shown.all ? undefined : shown.projects;
    const runs = await reading.start({ user: id, projects, now: now(), limit: LISTED });
    const hasProjects = projects === undefined || projects.length > 0;
    const mayAdd = await access.mayMakeProject(c);
    return startPage({ runs, hasProjects, mayAdd, user: { id, name }, now: now() });
  };
}
