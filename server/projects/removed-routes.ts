import { Hono } from "hono";
import { paths } from "../../protocol/paths.ts";
import { RemovedProjectListSchema } from "../../protocol/projects.ts";
import type { Access } from "../accounts/access.ts";
import { describe, TOKEN_ERRORS } from "../http/openapi/describe.ts";
import type { Projects } from "./projects.ts";
import { slugOf } from "./slug.ts";

export interface RemovedRoutesDeps {
  projects: Pick<Projects, "removedProjects" | "restore">;
  access: Access;
}

/** Lists and restores removed projects, by the owner's token: no other token acts for them. */
export function removedRoutes({ projects, access }: RemovedRoutesDeps): Hono {
  const app = new Hono();

  app.get(paths.removedProjects, docs.list, async (c) => {
    await access.own(c);
    const removed = await projects.removedProjects();
    return c.json({ projects: removed }, 200, { "cache-control": "no-store" });
  });

  app.post(paths.restoreProject(":owner/:name"), docs.restore, async (c) => {
    await access.own(c);
    const slug = slugOf(c);
    access.about(c, slug);
    await projects.restore(slug);
    return c.body(null, 204);
  });

  return app;
}

const docs = {
  list: describe({
    tag: "Projects",
    summary: "List removed projects",
    description: "By the owner's token. Those that can still be restored.",
    answers: { 200: ["The last removed first.", RemovedProjectListSchema] },
    errors: TOKEN_ERRORS,
    security: "owner",
  }),
  restore: describe({
    tag: "Projects",
    summary: "Restore a removed project",
    description:
      "By the owner's token. Its keys, hooks, schedules, tokens, blocks and pages work again; runs that were canceled stay canceled. Idempotent.",
    parameters: { owner: "The project's owner.", name: "The project's name." },
    answers: { 204: ["It is back."] },
    errors: [...TOKEN_ERRORS, "project_not_found", "project_purged"],
    security: "owner",
  }),
};
