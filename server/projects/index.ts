import { Hono } from "hono";
import type { Access } from "../accounts/access.ts";
import type { BlockFiles } from "./blocks/files.ts";
import { blockRoutes } from "./blocks/routes.ts";
import { keyRoutes } from "./key-routes.ts";
import { projectRoutes, type ProjectRoutesDeps } from "./project-routes.ts";
import type { Projects } from "./projects.ts";
import { removedRoutes } from "./removed-routes.ts";

export { createBlockFiles } from "./blocks/files.ts";
export { createProjects } from "./projects.ts";

export interface ProjectsRoutesDeps {
  projects: Projects;
  blockFiles: BlockFiles;
  access: Access;
  lastRun: ProjectRoutesDeps["lastRun"];
  remove: ProjectRoutesDeps["remove"];
  /** The server's public URL. */
  url: string;
  now: () => number;
}

/** The calls under `/v1/projects` about projects, their secrets, their keys and their blocks. */
export function projectsRoutes({
  projects,
  blockFiles,
  access,
  now,
  ...deps
}: ProjectsRoutesDeps): Hono {
  return new Hono()
    .route("/v1/projects", projectRoutes({ projects, access, ...deps }))
    .route("/", removedRoutes({ projects, access }))
    .route("/v1/projects", keyRoutes({ projects, access }))
    .route("/v1/projects", blockRoutes({ projects, blockFiles, access, url: deps.url, now }));
}
