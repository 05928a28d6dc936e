import { Hono } from "hono";
import type { Work } from "../protocol/responder.ts";
import { createAccess, type Access } from "./access/access.ts";
import { createCommands, type Commands } from "./commands/commands.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { wrongLinkPage } from "./pages/sign-in.ts";
import type { Projects } from "./projects/projects.ts";
import { projectRoutes } from "./projects/routes.ts";
import type { RunRow } from "./runs/record.ts";
import type { Runs, RunsDeps } from "./runs/runs.ts";
import { sessionRoutes } from "./sessions/routes.ts";
import { createSessions } from "./sessions/sessions.ts";
import type { Settings } from "./settings.ts";

export interface ComposeProjectsDeps extends RunsDeps {
  settings: Settings;
  projects: Projects;
  runs: Runs;
  fleet: Fleet;
  /** The server's public URL. */
  url: string;
  /** Of the package. */
  version: string;
}

/** Everything that is a project's own: its settings, hooks, commands, pages and news. */
export interface ProjectParts {
  commands: Commands;
  access: Access;
  /** Mounted at `/`. */
  routes: Hono[];
  signInLink(): Promise<{ url: string; expires_at: string }>;
  /** Called after each change of a run's state, once it is on record. */
  onChanged(row: RunRow): void;
  completeWork(row: RunRow): Promise<Work>;
  /** Begins what is done by the clock. */
  begin(): void;
  close(): Promise<void>;
}

/** The part of the composition root that a server without projects could do without. */
export function composeProjects(deps: ComposeProjectsDeps): ProjectParts {
  const { database, projects, url, now } = deps;
  const sessions = createSessions({ database, url, now });
  const access = createAccess({ projects, isSignedIn: sessions.isSignedIn });
  const commands = createCommands(deps);

  return {
    commands,
    access,
    routes: [
      // Its owner's token opens all of these; what anybody may read of a public project stands before them.
      new Hono().route("/v1/projects", projectRoutes(projects)),
      sessionRoutes({ sessions, access, url, wrongLinkPage: () => wrongLinkPage(deps.version) }),
    ],
    signInLink: sessions.makeLink,
    onChanged: () => {},
    completeWork: async (row) => JSON.parse(row.work) as Work,
    begin() {},
    async close() {},
  };
}
