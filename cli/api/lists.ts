import { paths } from "../../protocol/paths.ts";
import {
  ProjectListSchema,
  RunListSchema,
  type ProjectView,
  type RunSummary,
} from "../../protocol/projects.ts";
import type { Client } from "./client.ts";

export async function listProjects(client: Client): Promise<ProjectView[]> {
  return (await client.call(paths.projects, ProjectListSchema)).projects;
}

/** The newest runs of one project, or of all. */
export async function listRuns(
  client: Client,
  {
    limit,
    isOpen = false,
    project,
    filter = "",
  }: { limit: number; isOpen?: boolean; project?: string; filter?: string },
): Promise<RunSummary[]> {
  const query = new URLSearchParams({
    limit: String(limit),
    ...(isOpen && { state: "open" }),
    ...(filter !== "" && { q: filter }),
  });
  const slugs =
    project === undefined ? (await listProjects(client)).map(({ slug }) => slug) : [project];
  const lists = await Promise.all(
    slugs.map((slug) => client.call(`${paths.projectRuns(slug)}?${query}`, RunListSchema)),
  );
  return lists
    .flatMap(({ runs }) => runs)
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
    .slice(0, limit);
}
