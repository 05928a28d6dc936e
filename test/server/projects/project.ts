import { paths } from "../../../protocol/paths.ts";
import type { ProjectView, RunSummary } from "../../../protocol/projects.ts";
import type { System } from "../system.ts";

export const SLUG = "ada/app";

export type OwnProject = Awaited<ReturnType<typeof makeProject>>;

/** A project of a system under test, and the calls of its owner. */
export async function makeProject(system: System, request: Record<string, unknown> = {}) {
  const headers = { authorization: `Bearer ${system.ownerToken}` };
  const call = (method: string, path: string, body?: unknown) =>
    system.call(method, path, body, headers);
  const response = await call("POST", paths.projects, {
    slug: SLUG,
    repository: "https://8.8.8.8/ada/app.git",
    ...request,
  });
  if (response.status !== 201) throw new Error(await response.text());
  const created = (await response.json()) as ProjectView;
  return {
    ...created,
    slug: created.slug,
    secret: created.hook_secret!,
    hookPath: (provider: "github" | "gitlab" | "generic") =>
      new URL(created.hooks![provider]).pathname,
    call,

    /** Its runs, newest first. */
    async runs(): Promise<RunSummary[]> {
      const listed = await call("GET", paths.projectRuns(created.slug));
      return ((await listed.json()) as { runs: RunSummary[] }).runs;
    },
  };
}
