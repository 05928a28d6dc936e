import { pagePaths, paths } from "../../protocol/paths.ts";
import type { ProjectView, RunSummary } from "../../protocol/projects.ts";
import type { Project, Projects } from "./projects.ts";

export interface ViewsDeps {
  projects: Projects;
  /** The newest of a project's own runs. */
  lastRun: (slug: string) => Promise<RunSummary | null>;
  /** The server's public URL. */
  url: string;
}

/** Makes the API's views of projects. */
export function createViews({ projects, lastRun, url }: ViewsDeps) {
  const always = async (project: Project) => ({
    slug: project.slug,
    repository: project.repository,
    default_branch: project.defaultBranch,
    created_at: new Date(project.createdAt).toISOString(),
    last_run: await lastRun(project.slug),
    page_url: url + pagePaths.project(project.slug),
  });

  return {
    /** The owner's view, on request with the hook's secret. */
    async own(project: Project, withSecret = false): Promise<ProjectView> {
      const { slug } = project;
      const hook = await projects.hookOf(slug);
      const hookUrl = (provider: string) => url + paths.hook(provider, hook);
      const secrets = await projects.secretNames(slug);
      return {
        ...(await always(project)),
        settings: project.settings,
        credentials: await projects.credentials(slug),
        secrets: secrets.map(({ name }) => name),
        hooks: {
          github: hookUrl("github"),
          gitlab: hookUrl("gitlab"),
          generic: hookUrl("generic"),
        },
        ...(withSecret ? { hook_secret: await projects.hookSecret(slug) } : {}),
      };
    },

    /** The public view, without recipients of notices, hooks and credentials. */
    async public(project: Project): Promise<ProjectView> {
      return {
        ...(await always(project)),
        settings: { ...project.settings, watchers: [] },
        credentials: [],
        secrets: [],
      };
    },
  };
}
