import { Hono, type Context } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { END_STATES } from "../../../protocol/run.ts";
import type { Access } from "../../accounts/access.ts";
import { isKnown } from "../../http/compression/stored.ts";
import type { Reading } from "../../commands/reading/reading.ts";
import { hmac, sameSecret, sha256 } from "../../database/ids.ts";
import type { Project, Projects } from "../../projects/projects.ts";
import { slugOf } from "../../projects/slug.ts";
import { pageHeaders } from "../headers.ts";
import { badge } from "./badge.ts";
import { atomFeed } from "./feed.ts";
import { refOf } from "./ref.ts";

const FEED_RUNS = 50;

type ReadKeys = ReturnType<typeof readKeys>;

/**
 * Keys in the addresses of a private project's badge and feed, for programs without cookies: every holder
 * may read them.
 */
export function readKeys(secret: string) {
  const keyOf = (slug: string) => hmac(secret, "badge and feed", slug).slice(0, 22);
  return {
    fits: (slug: string, key: string) => sameSecret(key, keyOf(slug)),
    /** The path, with the key where the project needs one. */
    address: (path: string, { slug, settings }: Project) =>
      settings.public ? path : `${path}?key=${keyOf(slug)}`,
  };
}

export interface KeyedRoutesDeps {
  reading: Pick<Reading, "runs" | "lastEnded">;
  projects: Projects;
  access: Access;
  keys: ReadKeys;
  /** The server's public URL. */
  url: string;
}

/** The badge and feed, which other sites and feed readers show. */
export function keyedRoutes({ reading, projects, access, keys, url }: KeyedRoutesDeps): Hono {
  const app = new Hono();
  const below = pagePaths.project(":owner/:name");

  for (const path of [`${below}/badge.svg`, `${below}/feed.atom`]) {
    app.use(path, pageHeaders({ origins: [], referrer: "same-origin", shownElsewhere: true }));
  }

  async function readable(c: Context): Promise<Project> {
    const slug = slugOf(c);
    const key = c.req.query("key");
    if (key === undefined || !keys.fits(slug, key)) await access.read(c, slug);
    return projects.get(slug);
  }

  app.get(`${below}/badge.svg`, async (c) => {
    const project = await readable(c);
    const { slug, defaultBranch } = project;
    const ref = refOf(c) ?? (defaultBranch === null ? undefined : `refs/heads/${defaultBranch}`);
    const run = await reading.lastEnded(slug, ref);
    const text = badge(slug.split("/")[1]!, run?.state);
    return cached(c, text, "image/svg+xml; charset=utf-8", project.settings.public);
  });

  app.get(`${below}/feed.atom`, async (c) => {
    const project = await readable(c);
    const { slug } = project;
    const self = url + keys.address(pagePaths.feed(slug), project);
    // Ids of block runs are not for the world, also where the project is.
    const isOfBlocks = c.req.query("kind") === "block" && !project.settings.public;
    const runs = await reading.runs(slug, {
      kinds: [isOfBlocks ? "block" : "command"],
      states: END_STATES,
      limit: FEED_RUNS,
    });
    const text = atomFeed({ slug, runs, url, self, since: project.createdAt });
    return cached(c, text, "application/atom+xml; charset=utf-8", project.settings.public);
  });

  return app;
}

function cached(c: Context, text: string, type: string, shared: boolean): Response {
  const etag = `"${sha256(text).slice(0, 22)}"`;
  const headers = {
    "cache-control": `${shared ? "public" : "private"}, max-age=60`,
    "content-type": type,
    etag,
  };
  if (isKnown(c, etag)) return c.body(null, 304, headers);
  return c.body(text, 200, headers);
}
