import { Hono, type Context } from "hono";
import { html } from "hono/html";
import type { Actor } from "../../../protocol/actors.ts";
import { MARKETS, type MachineWish } from "../../../protocol/machines.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import { SHARED_POOL_OWNER } from "../../commands/pools.ts";
import type { MachineActions } from "../../fleet/by-hand.ts";
import type { MachineViews } from "../../fleet/machine-views.ts";
import { mistakesOf, UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { fieldText, isChecked, readForm } from "../form/read-form.ts";
import { layout, type Html } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { pageHeaders } from "../headers.ts";
import { refusedForm } from "../refused-form.ts";
import { signInPage } from "../sign-in.ts";
import { trail } from "../trail.ts";
import { addForm, machineSections, summaryOf } from "./list-page.ts";
import { endPage, machinePage } from "./machine-page.ts";
import { settingsForm, settingsOfForm } from "./settings-form.ts";

export interface MachinePagesDeps {
  machines: {
    views: MachineViews;
    actions: MachineActions;
    defaults: Required<MachineWish> | undefined;
    maxMachines: number;
  };
  /** Slugs of all projects. */
  projects: () => Promise<string[]>;
  /** Addresses of the pages of runs. */
  runPages: (ids: readonly string[]) => Promise<Map<string, string>>;
  access: Access;
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  version: string;
  now: () => number;
}

interface Shown {
  title: string;
  description: string;
  main: Html;
}

/** Pages on which the server's owner sees machines and acts on them. */
export function machinePages(deps: MachinePagesDeps): Hono {
  const { machines, access, currentUser, version, now } = deps;
  const { views, actions, defaults, maxMachines } = machines;
  const app = new Hono().onError(refusedForm({ currentUser, version }));
  app.use("/operator/*", pageHeaders({ origins: [], referrer: "same-origin" }));

  function write(c: Context, signedIn: SignedIn, shown: Shown, status: 200 | 422 = 200) {
    c.header("cache-control", "no-store");
    const main = html`${trailOf(shown.title)} ${shown.main}`;
    return c.html(layout({ ...shown, main, wide: true, signedIn, version }), status);
  }

  /** A page for the owner; undefined: there is none. */
  function page(path: string, content: (c: Context) => Promise<Shown | undefined>, fresh = false) {
    app.get(path, async (c) => {
      const signedIn = await currentUser(c);
      c.header("cache-control", "no-store");
      if (!signedIn) return c.html(signInPage(version, c), 401);
      const isAsked = signedIn.user.owner && fresh && !(await access.hasProof(c));
      if (isAsked) return c.redirect(pagePaths.prove(c.req.path), 303);
      const shown = signedIn.user.owner ? await content(c) : undefined;
      if (!shown) return c.html(notFoundPage({ version, signedIn }), 404);
      return write(c, signedIn, shown);
    });
  }

  /** A form of the owner. A mistake in it shows `again`, with what was typed. */
  function form(
    path: string,
    act: (c: Context, by: Actor, form: URLSearchParams) => Promise<string>,
    again?: (c: Context, state: FormState) => Promise<Shown | undefined>,
    fresh = false,
  ) {
    app.post(path, async (c) => {
      const by = await access.submitAsOwner(c, { fresh });
      const typed = again ? await readForm(c) : new URLSearchParams();
      try {
        return c.redirect(await act(c, by, typed), 303);
      } catch (error) {
        const found = again && mistakesOf(error, FIELDS);
        const shown = found && (await again(c, { typed, mistakes: found.mistakes }));
        const signedIn = await currentUser(c);
        if (!shown || !signedIn) throw error;
        return write(c, signedIn, shown, 422);
      }
    });
  }

  async function showList(): Promise<Shown> {
    const list = await views.list();
    return {
      title: "Machines",
      description: "Machines of this server, why they came, and what they use.",
      main: html`<h1>Machines</h1>
        <p class="lead">${summaryOf(list)}</p>
        <p><a class="button action" href="${pagePaths.addMachine}">Add a machine</a></p>
        ${machineSections(list, {
          now: now(),
          linked: true,
          settingsPath: pagePaths.machineSettings,
        })}`,
    };
  }

  async function showMachine(c: Context, state: FormState = UNTOUCHED): Promise<Shown | undefined> {
    const found = await views.one(c.req.param("id") ?? "");
    if (!found) return undefined;
    const { machine, wakes } = found;
    const came = machine.came?.run;
    const runPages = await deps.runPages([...machine.runs, ...(came ? [came] : [])]);
    const projects = await deps.projects();
    const hasKinds = defaults !== undefined;
    return {
      title: `Machine ${machine.id.slice(0, 8)}`,
      description: "One machine, what it is and what it did.",
      main: machinePage({ machine, wakes, runPages, projects, hasKinds, state, now: now() }),
    };
  }

  async function showAdd(_: Context, state: FormState = UNTOUCHED): Promise<Shown> {
    const projects = await deps.projects();
    const hasKinds = defaults !== undefined;
    return {
      title: "Add a machine",
      description: "Launch a machine beside those that runs wake.",
      main: html`<h1>Add a machine</h1>
        <p class="lead">It comes beside those that runs wake, and leaves when idle as any does.</p>
        ${addForm(state, { projects, hasKinds })}`,
    };
  }

  async function showSettings(_: Context, state: FormState = UNTOUCHED): Promise<Shown> {
    const { settings } = await views.list();
    return {
      title: "Settings of machines",
      description: "What machines are launched, and how many stay.",
      main: html`<h1>Settings of machines</h1>
        <p class="lead">
          Of the shared pool, and of projects that have none of their own. They win over the
          server’s environment variables.
        </p>
        ${settingsForm(state, {
          action: pagePaths.machineSettings,
          settings,
          defaults,
          maxMachines,
          budget: false,
          back: pagePaths.machines,
        })}`,
    };
  }

  const one = pagePaths.machine(":id");
  const idOf = (c: Context) => c.req.param("id") ?? "";
  const back = (c: Context) => pagePaths.machine(idOf(c));

  page(pagePaths.machines, showList);
  page(pagePaths.addMachine, showAdd);
  page(pagePaths.machineSettings, showSettings);
  page(one, (c) => showMachine(c));
  page(
    `${one}/end`,
    async (c) => {
      const found = await views.one(idOf(c));
      const description = "Asks before a machine is ended.";
      return found && { title: "End a machine", description, main: endPage(found) };
    },
    true,
  );

  form(
    pagePaths.addMachine,
    async (_, by, typed) => {
      const [project, type, image] = ["project", "type", "image"].map((name) =>
        fieldText(typed, name),
      );
      const market = MARKETS.find((known) => known === fieldText(typed, "market"));
      const asked = { ...(project && { project }), ...(type && { type }), ...(image && { image }) };
      const id = await actions.add({ ...asked, ...(market && { market }) }, by);
      return pagePaths.machine(id);
    },
    showAdd,
  );
  form(
    pagePaths.machineSettings,
    async (_, _by, typed) => {
      await actions.changeSettings(SHARED_POOL_OWNER, settingsOfForm(typed));
      return pagePaths.machines;
    },
    showSettings,
  );
  form(`${one}/start`, async (c, by) => actions.start(idOf(c), by).then(() => back(c)));
  form(`${one}/stop`, async (c, by) => actions.stop(idOf(c), by).then(() => back(c)));
  form(`${one}/default`, async (c) => actions.makeDefault(idOf(c)).then(() => pagePaths.machines));
  form(
    `${one}/assign`,
    async (c, _, typed) => {
      await actions.assign(idOf(c), fieldText(typed, "project"));
      return back(c);
    },
    showMachine,
  );
  form(
    `${one}/end`,
    async (c, by, typed) => {
      await actions.end(idOf(c), by, { atOnce: isChecked(typed, "now") });
      return pagePaths.machines;
    },
    async () => undefined,
    true,
  );
  return app;
}

const FIELDS = { machine_setting_refused: "", machine_refused: "" };

function trailOf(here: string): Html {
  const operator = [pagePaths.operator, "Operator"] as const;
  const isList = here === "Machines";
  return trail(isList ? [operator] : [operator, [pagePaths.machines, "Machines"]], here);
}
