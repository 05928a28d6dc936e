import { Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { OPEN_STATES } from "../../../protocol/run.ts";
import type { RefusedDeliveries } from "../../../protocol/deliveries.ts";
import type { Reading } from "../../commands/reading/reading.ts";
import type { Deliveries } from "../../hooks/deliveries.ts";
import type { Notices } from "../../notices/notices.ts";
import type { Projects } from "../../projects/projects.ts";
import { pageHeaders } from "../headers.ts";
import { addProjectMachines, type ProjectMachinesDeps } from "../machines/project-routes.ts";
import { refusedForm } from "../refused-form.ts";
import { signInPage } from "../sign-in.ts";
import { addAuditPage, type AuditPagesDeps } from "../people/audit-routes.ts";
import { addMemberPages, type MemberPagesDeps } from "../people/member-routes.ts";
import { addActions, type ActionsDeps } from "./actions/routes.ts";
import { deliveriesPage, deliveryPage } from "./deliveries.ts";
import { createAddForm } from "./form-page.ts";
import { keyedRoutes, readKeys } from "./keyed.ts";
import { pageOfProjects, projectsList, TREND_RUNS } from "./list.ts";
import { addNewProjectPage } from "./new-project.ts";
import { noticesPage } from "./notices.ts";
import { pageOf } from "./paging.ts";
import { projectPage } from "./project.ts";
import { refOf } from "./ref.ts";
import { addRemovedPage } from "./removed.ts";
import { addRunPages, type RunPagesDeps } from "./run-routes.ts";
import { createServePage, trailOf, write, type ServePageDeps } from "./serve-page.ts";
import { addSettingsPages, type SettingsDeps } from "./settings/routes.ts";
import { shell } from "./shell.ts";
import { SUMMARY_RUNS } from "./summary.ts";

export interface ProjectPagesDeps extends ServePageDeps, RunPagesDeps {
  reading: Reading;
  commands: ActionsDeps["commands"] & SettingsDeps["commands"];
  runs: ActionsDeps["runs"];
  removals: SettingsDeps["removals"];
  connectHook: SettingsDeps["connectHook"];
  deliveries: Pick<Deliveries, "list" | "replayed" | "whole" | "replay">;
  projects: Projects;
  notices: Pick<Notices, "list" | "labels" | "hooks" | "sendsMails">;
  machines: ProjectMachinesDeps["machines"];
  memberPages: MemberPagesDeps;
  auditPages: AuditPagesDeps;
  refusals: (slug: string) => Promise<RefusedDeliveries[]>;
  /** Master key: the keys in the addresses of private badges and feeds are derived from it. */
  secret: string;
  /** The server's public URL. */
  url: string;
}

/** Most runs under way on a project's page. */
const UNDER_WAY = 30;

/** The pages of projects. */
export function projectPages(deps: ProjectPagesDeps): Hono {
  const { reading, projects, access, url, version } = deps;
  const app = new Hono().onError(refusedForm({ currentUser: access.currentUser, version }));
  const keys = readKeys(deps.secret);
  // Before the headers of pages: other sites embed these.
  app.route("/", keyedRoutes({ reading, projects, access, keys, url }));
  app.use("/projects/*", pageHeaders({ origins: [], referrer: "same-origin" }));
  app.use("/projects", pageHeaders({ origins: [], referrer: "same-origin" }));

  addNewProjectPage(app, deps);
  addRemovedPage(app, deps);
  app.get(pagePaths.projects, async (c) => {
    const signedIn = await access.currentUser(c);
    const readable = await access.shownTo(c);
    const all = (await reading.projects()).filter(
      ({ slug, public: open }) => open || readable.all || readable.projects.includes(slug),
    );
    if (!signedIn && all.length === 0) return write(c, signInPage(version, c), 401);
    const search = c.req.query("q")?.slice(0, 200) ?? "";
    const shown = pageOfProjects(all, { search, page: Number(c.req.query("page")) || 1 });
    const trends = await reading.trends(
      shown.projects.map(({ slug }) => slug),
      TREND_RUNS,
    );
    const page = shell({
      title: "Projects",
      description: "Projects and how their last runs ended.",
      main: projectsList(
        { ...shown, trends, search },
        {
          signedIn: signedIn !== undefined,
          mayAdd: await access.mayMakeProject(c),
          now: deps.now(),
        },
      ),
      signedIn,
      version,
    });
    return write(c, page);
  });

  const page = createServePage(app, deps);
  app.get(`${pagePaths.projects}/:owner`, (c) => c.redirect(pagePaths.projects, 302));

  const below = pagePaths.project(":owner/:name");

  page(below, async (c, { project, signedIn, may, now }) => {
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
      trend: await reading.branchRuns(
        slug,
        `refs/heads/${project.defaultBranch ?? ""}`,
        SUMMARY_RUNS,
      ),
      underWay: await reading.runs(slug, {
        kinds: ["command"],
        states: OPEN_STATES,
        limit: UNDER_WAY,
      }),
      badgeUrl: keys.address(pagePaths.badge(slug), project),
      project,
      ref,
      url,
      feedUrl,
      signedIn: signedIn !== undefined,
      mayRun: may("run"),
      maySetUp: may("admin"),
      now,
    });
    const description = `The commits of ${slug} and how their runs ended.`;
    return { title: slug, description, above: [], tab: "overview", feed: feedUrl, main };
  });

  addRunPages(app, page, deps);
  addProjectMachines(app, page, deps);
  addMemberPages(app, page, deps.memberPages);
  addAuditPage(app, page, deps.auditPages);

  const addForm = createAddForm(app, page, deps);
  addActions(app, addForm, deps);
  const { hooks, sendsMails: mails } = deps.notices;
  addSettingsPages(app, { page, addForm }, { ...deps, hooks, mails });

  page(`${below}/deliveries`, async (c, { project: { slug }, may, now }) => {
    const listed = await pageOf(
      (limit) => deps.deliveries.list(slug, { limit, before: c.req.query("before") }),
      ({ id }) => id,
    );
    const replayed = await deps.deliveries.replayed(listed.rows.map(({ id }) => id));
    return {
      title: `Deliveries of ${slug}`,
      here: "Deliveries",
      description: `Each call of the webhook of ${slug}.`,
      tab: "deliveries",
      above: [trailOf(slug)],
      main: deliveriesPage(slug, listed, await deps.refusals(slug), { replayed, may, now }),
    };
  });

  page(`${below}/deliveries/:id`, async (c, { project: { slug }, signedIn, may, now }) => {
    const delivery = await deps.deliveries.whole(slug, c.req.param("id") ?? "");
    const replayed = await deps.deliveries.replayed([delivery.id]);
    return {
      title: `Delivery of ${slug}`,
      here: delivery.event,
      description: `A call of the webhook of ${slug}, with its payload.`,
      tab: "deliveries",
      above: [trailOf(slug), [pagePaths.deliveries(slug), "Deliveries"]],
      main: deliveryPage(slug, delivery, {
        signedIn: signedIn !== undefined,
        isReplayed: replayed.has(delivery.id),
        may,
        now,
      }),
    };
  });

  // Only the owner sees the addresses of watchers and hooks, also where the project is public.
  page(
    `${below}/notices`,
    async (c, { project: { slug }, now }) => ({
      title: `Notices of ${slug}`,
      here: "Notices",
      description: `Mails, commit statuses and webhooks about the runs of ${slug}.`,
      tab: "notices",
      above: [trailOf(slug)],
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
