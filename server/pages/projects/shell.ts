import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import { type Html, layout } from "../layout.ts";
import { trail } from "../trail.ts";
import {
  projectTabs,
  settingsTabs,
  type May,
  type ProjectTab,
  type SettingsTab,
} from "./project-tabs.ts";

export interface ShellOptions {
  title: string;
  description: string;
  /** The breadcrumbs above the page, outermost first, after "Projects": address and name. */
  above?: readonly (readonly [href: string, words: string])[];
  /** The page's own name in the breadcrumbs, where its heading is too long for them. */
  here?: string;
  scripts?: readonly (string | undefined)[];
  /** Path of a style sheet beside the one of all pages. */
  style?: string;
  head?: Html;
  /** The page's place in the project's row of tabs; `settingsTab`: in the list beside a settings page. */
  tab?: ProjectTab;
  settingsTab?: SettingsTab;
  /** The project that the page is about, and what its reader may do there. */
  about?: { slug: string; may: May };
  feed?: string;
  signedIn: SignedIn | undefined;
  version: string;
  main: Html;
}

/** A project page with its breadcrumbs and tabs. */
export function shell(options: ShellOptions): Html {
  const { above, here, main, tab, settingsTab, about, ...page } = options;
  const crumbs = above
    ? trail([[pagePaths.projects, "Projects"], ...above], here ?? page.title)
    : "";
  const tabs = about ? projectTabs(about.slug, settingsTab ? "settings" : tab, about.may) : "";
  const content =
    about && settingsTab
      ? html`<div class="settings">
          ${settingsTabs(about.slug, settingsTab, about.may)}
          <div class="panel">${main}</div>
        </div>`
      : main;
  return layout({ ...page, at: "/projects", wide: true, main: html`${crumbs} ${tabs} ${content}` });
}

/** Links to the next page of a list. */
export function olderLink(
  older: string | undefined,
  query: Record<string, string> = {},
): Html | "" {
  if (older === undefined) return "";
  const search = new URLSearchParams({ ...query, before: older });
  return html`<p class="older"><a href="?${search}" rel="next">Older</a></p>`;
}
