import { Hono, type Context } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import type { RefusedDeliveries } from "../../../protocol/deliveries.ts";
import type { Access } from "../../accounts/access.ts";
import type { Reading } from "../../commands/reading/reading.ts";
import type { Deliveries } from "../../hooks/deliveries.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Notices } from "../../notices/notices.ts";
import type { Project, Projects } from "../../projects/projects.ts";
import { slugOf } from "../../projects/slug.ts";
import { followRuns, whileReadable, type FollowDeps } from "../../runs/follow.ts";
import { cursorOf } from "../../runs/routes.ts";
import { sse, type Door } from "../../runs/stream.ts";
import { liveScript } from "../assets.ts";
import { pageHeaders } from "../headers.ts";
import type { Html } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { signInPage } from "../sign-in.ts";
import { commitPage } from "./commit.ts";
import { deliveriesPage, deliveryPage } from "./deliveries.ts";
import { keyedRoutes, readKeys } from "./keyed.ts";
import { projectsList } from "./list.ts";
import { liveEncoder } from "./live.ts";
import { noticesPage } from "./notices.ts";
import { pageOf } from "./paging.ts";
import { projectPage } from "./project.ts";
import { refOf } from "./ref.ts";
import { runPage } from "./run.ts";
import { runsPage } from "./runs.ts";
import { shell, type ShellOptions } from "./shell.ts";

export interface ProjectPagesDeps {
  reading: Reading;
  deliveries: Pick<Deliveries, "list" | "whole">;
  projects: Projects;
  access: Access;
  isSignedIn: (c: Context) => Promise<boolean>;
  notices: Pick<Notices, "list" | "labels">;
  /** By which runs that are under way are followed, and the door for those who do. */
  following: FollowDeps;
  door: Door;
  refusals: (slug: string) => Promise<RefusedDeliveries[]>;
  /** Master key: the keys in the addresses of private badges and feeds are made from it. */
  secret: string;
  /** The server's public URL. */
  url: string;
  version: string;
  now: () => number;
}

/** A page's content once its project is known to be the reader's to see. */
type Content = Omit<ShellOptions, "signedIn" | "version">;
type Seen = { project: Project; signedIn: boolean; now: number };

/** Runs under way that a project's page shows. */
const UNDER_WAY = 30;

/** What people read of projects. Nothing here changes anything. */
export function projectPages(deps: ProjectPagesDeps): Hono {
  const { reading, projects, access, isSignedIn, url, version } = deps;
  const app = new Hono();
  const keys = readKeys(deps.secret);
  // Before the headers of pages: other sites show these.
  app.route("/", keyedRoutes({ reading, projects, access, keys, url }));
  app.use("/projects/*", pageHeaders({ origins: [], referrer: "same-origin" }));
  app.use("/projects", pageHeaders({ origins: [], referrer: "same-origin" }));

  app.get(pagePaths.projects, async (c) => {
    const signedIn = await isSignedIn(c);
    const all = await reading.projects();
    const shown = all.filter((project) => signedIn || project.public);
    if (!signedIn && shown.length === 0) return write(c, signInPage(version), 401);
    const page = shell({
      title: "Projects",
      description: "Projects and how their last runs ended.",
      main: projectsList(shown, { signedIn, now: deps.now() }),
      signedIn,
      version,
    });
    return write(c, page);
  });

  /** Serves a page below a project: signed-out readers of what is not public learn nothing of it. */
  const page = (
    path: string,
    content: (c: Context, seen: Seen) => Promise<Content | undefined>,
    { own }: { own?: boolean } = {},
  ) => {
    app.get(path, async (c) => {
      const slug = slugOf(c);
      try {
        await (own ? access.belong(c, slug) : access.read(c, slug));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (!(await isSignedIn(c))) return write(c, signInPage(version), 401);
        return write(c, notFoundPage({ version, signedIn: true }), 404);
      }
      const signedIn = await isSignedIn(c);
      const project = await projects.find(slug);
      const seen = project && { project, signedIn, now: deps.now() };
      const found = seen && (await content(c, seen).catch(undefinedIfNotFound));
      if (!found) return write(c, notFoundPage({ version, signedIn }), 404);
      return write(c, shell({ ...found, signedIn, version }));
    });
  };

  const runs = (c: Context, slug: string, commit?: string) =>
    pageOf(
      (limit) => reading.runs(slug, { commit, before: c.req.query("before"), limit }),
      ({ id }) => id,
    );

  app.get(`${pagePaths.projects}/:owner`, (c) => c.redirect(pagePaths.projects, 302));

  const below = pagePaths.project(":owner/:name");

  page(below, async (c, { project, signedIn, now }) => {
    const { slug } = project;
    const ref = refOf(c);
    const feedUrl = keys.address(pagePaths.feed(slug), project);
    const main = projectPage({
      commits: await pageOf(
        (limit) => reading.commits(slug, { ref, before: c.req.query("before"), limit }),
        ({ sha }) => sha,
      ),
      refs: await reading.refs(slug),
      days: await reading.runsByDay(slug, { days: 30, now }),
      underWay: await reading.runs(slug, { state: "open", limit: UNDER_WAY }),
      badgeUrl: keys.address(pagePaths.badge(slug), project),
      project,
      ref,
      url,
      feedUrl,
      signedIn,
      now,
    });
    const description = `The commits of ${slug} and how their runs ended.`;
    return { title: slug, description, above: [], feed: feedUrl, main };
  });

  page(`${below}/runs`, async (c, { project: { slug }, now }) => ({
    title: `Runs of ${slug}`,
    here: "Runs",
    description: `All runs of ${slug}.`,
    above: [aboveOf(slug)],
    main: runsPage(slug, await runs(c, slug), now),
  }));

  page(`${below}/commits/:sha`, async (c, { project: { slug }, now }) => {
    const commit = await reading.commit(slug, c.req.param("sha") ?? "");
    if (!commit) return undefined;
    const { sha } = commit;
    return {
      title: `${sha.slice(0, 8)} of ${slug}`,
      here: `Commit ${sha.slice(0, 8)}`,
      description: `What was run at commit ${sha.slice(0, 8)} of ${slug}.`,
      above: [aboveOf(slug)],
      main: commitPage({ slug, commit, runs: await runs(c, slug, sha), now }),
    };
  });

  page(`${below}/runs/:id`, async (c, { project: { slug }, now }) => {
    const run = await reading.run(slug, c.req.param("id") ?? "");
    if (!run) return undefined;
    return {
      title: `${run.row.title} · ${slug}`,
      here: "Run",
      description: `A run of ${slug}, with its steps and what they printed.`,
      above: [aboveOf(slug), [pagePaths.runs(slug), "Runs"]],
      script: run.row.ended_at === null ? liveScript.path : undefined,
      main: runPage(slug, run, { now, log: c.req.query("log") !== "none" }),
    };
  });

  app.get(pagePaths.liveRun(":owner/:name", ":id"), async (c) => {
    const slug = slugOf(c);
    await access.read(c, slug);
    const after = cursorOf(c);
    const id = c.req.param("id") ?? "";
    const found = await reading.liveRun(slug, id, after);
    if (!found) throw new ApiError("run_not_found");
    // An event source calls again after its stream ended; 204 tells it that nothing more comes.
    if (found.over) return c.body(null, 204);
    const mayRead = () => access.read(c, slug).then(() => true);
    const batches = (signal: AbortSignal) =>
      whileReadable(followRuns(deps.following, new Map([[id, after]]), signal), mayRead);
    return sse(c, deps.door, batches, liveEncoder(found.before));
  });

  page(`${below}/deliveries`, async (c, { project: { slug }, now }) => {
    const listed = await pageOf(
      (limit) => deps.deliveries.list(slug, { limit, before: c.req.query("before") }),
      ({ id }) => id,
    );
    return {
      title: `Deliveries of ${slug}`,
      here: "Deliveries",
      description: `Each call of the webhook of ${slug}.`,
      above: [aboveOf(slug)],
      main: deliveriesPage(slug, listed, await deps.refusals(slug), now),
    };
  });

  page(`${below}/deliveries/:id`, async (c, { project: { slug }, signedIn, now }) => {
    const delivery = await deps.deliveries.whole(slug, c.req.param("id") ?? "");
    return {
      title: `Delivery of ${slug}`,
      here: delivery.event,
      description: `A call of the webhook of ${slug}, with its payload.`,
      above: [aboveOf(slug), [pagePaths.deliveries(slug), "Deliveries"]],
      main: deliveryPage(slug, delivery, { signedIn, now }),
    };
  });

  // Addresses of watchers and hooks are nobody else's, also where the project is public.
  page(
    `${below}/notices`,
    async (c, { project: { slug }, now }) => ({
      title: `Notices of ${slug}`,
      here: "Notices",
      description: `Whom the runs of ${slug} were told to.`,
      above: [aboveOf(slug)],
      main: noticesPage(
        slug,
        await deps.notices.list(slug, c.req.query("before")),
        deps.notices.labels,
        now,
      ),
    }),
    { own: true },
  );

  return app;
}

function undefinedIfNotFound(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}

/** No proxy keeps what only some may see; nor does the browser, once they signed out. */
function write(c: Context, page: Html, status: 200 | 401 | 404 = 200) {
  c.header("cache-control", "no-store");
  return c.html(page, status);
}

function aboveOf(slug: string) {
  return [pagePaths.project(slug), slug] as const;
}
