import { Hono, type Context } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import type { MachineViews } from "../../fleet/machine-views.ts";
import type { Checks } from "../../operate/checks.ts";
import type { Faults } from "../../operate/faults/faults.ts";
import type { QueuedRun } from "../../operate/queue.ts";
import { pageHeaders } from "../headers.ts";
import { layout } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { refusedForm } from "../refused-form.ts";
import { signInPage } from "../sign-in.ts";
import { checksSection, limitsSection, machinesSummary, queueSection } from "./overview.ts";
import { faultsSection } from "./page.ts";
import { wakesSection, type WakeFigures } from "./wakes.ts";

export interface OperatorPagesDeps {
  faults: Pick<Faults, "list" | "markSeen">;
  /** Recent wake times of machines. */
  wakes: () => Promise<WakeFigures[]>;
  views: MachineViews;
  checks: Pick<Checks, "quick" | "last" | "check">;
  queue: () => Promise<{ runs: QueuedRun[]; count: number }>;
  /** By the environment variable that sets each; 0: none. */
  limits: readonly (readonly [name: string, value: number])[];
  /** Addresses of the pages of runs. */
  runPages: (ids: readonly string[]) => Promise<Map<string, string>>;
  access: Access;
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  version: string;
  now: () => number;
}

/** The page of the server's owner: checks, queue, machines, limits and faults. */
export function operatorPages(deps: OperatorPagesDeps): Hono {
  const { faults, checks, access, currentUser, version, now } = deps;
  const app = new Hono().onError(refusedForm({ currentUser, version }));
  app.use("/operator/*", pageHeaders({ origins: [], referrer: "same-origin" }));

  app.get(pagePaths.operator, async (c) => {
    c.header("cache-control", "no-store");
    const signedIn = await currentUser(c);
    if (!signedIn) return c.html(signInPage(version, c), 401);
    if (!signedIn.user.owner) return c.html(notFoundPage({ version, signedIn }), 404);
    const at = now();
    const queue = await deps.queue();
    const found = faults.list();
    const named = found.flatMap(({ context: { run } }) => (typeof run === "string" ? run : []));
    const runPages = await deps.runPages([...queue.runs.map(({ id }) => id), ...named]);
    const page = layout({
      title: "Operator",
      description: "Checks, queue, machines, limits and faults of this server.",
      wide: true,
      ...{ signedIn, version },
      main: html`<h1>Operator</h1>
        ${machinesSummary(await deps.views.list())} ${queueSection(queue, runPages, at)}
        ${checksSection(await checks.quick(), checks.last(), at)}
        ${faultsSection(found, { runPages, now: at })} ${wakesSection(await deps.wakes())}
        ${limitsSection(deps.limits)}`,
    });
    return c.html(page);
  });

  app.post(`${pagePaths.operator}/checks`, async (c) => {
    await access.submitAsOwner(c);
    await checks.check();
    return c.redirect(`${pagePaths.operator}#checks`, 303);
  });

  app.post(`${pagePaths.operator}/faults/seen`, async (c) => {
    await access.submitAsOwner(c);
    faults.markSeen();
    return c.redirect(`${pagePaths.operator}#faults`, 303);
  });
  return app;
}
