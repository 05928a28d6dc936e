import type { Context } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { Html } from "../../layout.ts";
import type { SettingsTab } from "../project-tabs.ts";
import { trailOf, type PageContent } from "../serve-page.ts";

export interface SettingsPage {
  slug: string;
  tab: SettingsTab;
  /** The page's heading and its name in the breadcrumbs. */
  heading: string;
  /** One sentence below the heading. */
  lead: string | Html;
  main: Html | readonly (Html | string)[];
}

/** Messages after a form that succeeded, by the value of `?done=`. */
const DONE = {
  saved: "Saved.",
  set: "The secret is set. It is never shown again.",
  removed: "Removed.",
  revoked: "Revoked.",
  added: "Added.",
} as const;

/** The address of a page that shows such a message. */
export function doneAt(path: string, what: keyof typeof DONE): string {
  return `${path}?done=${what}`;
}

/** One of a project's settings pages. */
export function settingsPage(c: Context, page: SettingsPage): PageContent {
  const { slug, tab, heading, lead, main } = page;
  return {
    title: `${heading} · ${slug}`,
    here: heading,
    description: `Settings of ${slug}.`,
    above: [trailOf(slug), [pagePaths.settings(slug), "Settings"]],
    settingsTab: tab,
    main: html`<h1>${heading}</h1>
      ${doneNote(c)}
      <p class="lead">${lead}</p>
      ${main}`,
  };
}

function doneNote(c: Context): Html | "" {
  const said = Object.entries(DONE).find(([name]) => name === c.req.query("done"));
  if (!said || c.req.method === "POST") return "";
  return html`<p class="done" role="status">${said[1]}</p>`;
}
