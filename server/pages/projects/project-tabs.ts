import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Scope } from "../../../protocol/roles.ts";
import type { Html } from "../layout.ts";

/** Whether the reader of a project's pages may send a form that takes this scope there. */
export type May = (scope: Scope) => boolean;

interface Tab {
  id: string;
  words: string;
  path: (slug: string) => string;
  /** The scope that its readers have; absent: everybody who may read the project sees it. */
  scope?: Scope;
}

/** The row of links on each page of a project, in this order. */
const TABS = [
  { id: "overview", words: "Overview", path: pagePaths.project },
  { id: "runs", words: "Runs", path: pagePaths.runs },
  { id: "blocks", words: "Blocks", path: pagePaths.blocks, scope: "read" },
  { id: "deliveries", words: "Deliveries", path: pagePaths.deliveries },
  { id: "notices", words: "Notices", path: pagePaths.notices, scope: "read" },
  { id: "members", words: "Members", path: pagePaths.members, scope: "read" },
  { id: "audit", words: "Audit", path: pagePaths.projectAudit, scope: "admin" },
  { id: "machines", words: "Machines", path: pagePaths.projectMachines, scope: "read" },
  { id: "settings", words: "Settings", path: pagePaths.settings, scope: "admin" },
] as const satisfies readonly Tab[];
export type ProjectTab = (typeof TABS)[number]["id"];

/** The list of links on each settings page, in this order. */
const SETTINGS_TABS = [
  { id: "general", words: "General", path: pagePaths.settings, scope: "admin" },
  { id: "branches", words: "What runs", path: pagePaths.branches, scope: "admin" },
  { id: "repository", words: "Repository", path: pagePaths.repository, scope: "admin" },
  { id: "webhook", words: "Webhook", path: pagePaths.webhook, scope: "admin" },
  { id: "secrets", words: "Secrets", path: pagePaths.secrets, scope: "admin" },
  { id: "schedules", words: "Schedules", path: pagePaths.schedules, scope: "admin" },
  { id: "telling", words: "Mails and webhooks", path: pagePaths.telling, scope: "admin" },
  { id: "keys", words: "Signing keys", path: pagePaths.keys, scope: "admin" },
  { id: "tokens", words: "API tokens", path: pagePaths.tokens, scope: "admin" },
  { id: "remove", words: "Remove", path: pagePaths.removeProject, scope: "own" },
] as const satisfies readonly Tab[];
export type SettingsTab = (typeof SETTINGS_TABS)[number]["id"];

export function projectTabs(slug: string, here: ProjectTab | undefined, may: May): Html {
  return html`<nav class="project-tabs" aria-label="${slug}">${links(slug, TABS, here, may)}</nav>`;
}

export function settingsTabs(slug: string, here: SettingsTab, may: May): Html {
  return html`<nav class="settings-tabs" aria-label="Settings">
    ${links(slug, SETTINGS_TABS, here, may)}
  </nav>`;
}

function links(slug: string, tabs: readonly Tab[], here: string | undefined, may: May): Html[] {
  return tabs
    .filter(({ scope }) => scope === undefined || may(scope))
    .map(
      ({ id, words, path }) =>
        html`<a href="${path(slug)}" ${id === here ? html`aria-current="page"` : ""}>${words}</a>`,
    );
}
