import { Hono, type Context, type MiddlewareHandler } from "hono";
import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import {
  AssignMachineSchema,
  ChangeMachineSettingsSchema,
  EndMachineSchema,
  NewMachineSchema,
  type MachineList,
  type MachineSettings,
} from "../../protocol/machines.ts";
import { paths } from "../../protocol/paths.ts";
import type { Access } from "../accounts/access.ts";
import type { Readable } from "../accounts/access/people.ts";
import { SHARED_POOL_OWNER } from "../commands/pools.ts";
import { jsonBody } from "../http/json-body.ts";
import { slugOf } from "../projects/slug.ts";
import type { MachineActions } from "./by-hand.ts";
import { machineDocs as docs } from "./machine-route-docs.ts";
import type { MachineViews } from "./machine-views.ts";

export interface MachineRoutesDeps {
  views: MachineViews;
  actions: MachineActions;
  access: Access;
  projects: { get(slug: string): Promise<unknown> };
}

const MAX_BODY_BYTES = 16 * 1024;

/** Shows machines to members of their projects, and lets the server's owner act on them. Without CORS. */
export function operatedMachineRoutes({
  views,
  actions,
  access,
  projects,
}: MachineRoutesDeps): Hono {
  const app = new Hono();
  const noStore = { "cache-control": "no-store" };

  /** The machine's view for who may read its project. Throws `machine_not_found`. */
  async function oneFor(c: Context) {
    const id = c.req.param("id") ?? "";
    const readable = await access.readable(c);
    const project = await views.projectOf(id);
    if (!readable.all && project !== undefined) {
      if (project === SHARED_POOL_OWNER) throw new ApiError("machine_not_found");
      await access.belong(c, project).catch((error: unknown) => {
        const isHidden = error instanceof ApiError && error.code === "project_not_found";
        throw isHidden ? new ApiError("machine_not_found") : error;
      });
    }
    const found = project === undefined ? undefined : await views.one(id);
    if (found) return found;
    if (!readable.all && !readable.known) throw new ApiError("token_missing");
    throw new ApiError("machine_not_found");
  }

  app.get(paths.machines, docs.list, async (c) => {
    const named = c.req.query("project");
    let project = named;
    if (named === undefined) {
      const readable = await access.readable(c);
      project = readable.all ? undefined : onlyOf(readable);
    } else await access.belong(c, named);
    return c.json((await views.list(project)) satisfies MachineList, 200, noStore);
  });

  app.get(paths.machine(":id"), docs.one, async (c) => c.json(await oneFor(c), 200, noStore));

  app.post(paths.machines, docs.add, async (c) => {
    const by = await access.own(c);
    const request = await jsonBody(c, NewMachineSchema, MAX_BODY_BYTES);
    if (request.project !== undefined) {
      await projects.get(request.project);
      access.about(c, request.project);
    }
    const id = await actions.add(request, by);
    return c.json(await views.one(id), 201, { ...noStore, location: paths.machine(id) });
  });

  /** An action of the owner on one machine, answered by the machine as it is then. */
  function act(
    name: string,
    described: MiddlewareHandler,
    action: (c: Context, id: string, by: Actor) => Promise<unknown>,
  ): void {
    app.post(paths.machineAction(":id", name), described, async (c) => {
      const by = await access.own(c);
      const id = c.req.param("id") ?? "";
      const project = await views.projectOf(id);
      if (project === undefined) throw new ApiError("machine_not_found");
      if (project !== SHARED_POOL_OWNER) access.about(c, project);
      await action(c, id, by);
      return c.json(await views.one(id), 200, noStore);
    });
  }

  act("start", docs.start, (_, id, by) => actions.start(id, by));
  act("stop", docs.stop, (_, id, by) => actions.stop(id, by));
  act("end", docs.end, async (c, id, by) => {
    const { now = false } = await jsonBody(c, EndMachineSchema, MAX_BODY_BYTES);
    await actions.end(id, by, { atOnce: now });
  });
  act("assign", docs.assign, async (c, id) => {
    const { project } = await jsonBody(c, AssignMachineSchema, MAX_BODY_BYTES);
    await projects.get(project);
    access.about(c, project);
    await actions.assign(id, project);
  });
  act("default", docs.makeDefault, (_, id) => actions.makeDefault(id));

  async function changeSettings(c: Context, project: string): Promise<Response> {
    const changes = await jsonBody(c, ChangeMachineSettingsSchema, MAX_BODY_BYTES);
    const settings: MachineSettings = await actions.changeSettings(project, changes);
    return c.json({ settings }, 200, noStore);
  }

  app.patch(paths.machineSettings(), docs.changeDefaults, async (c) => {
    await access.own(c);
    return changeSettings(c, SHARED_POOL_OWNER);
  });

  app.patch(paths.machineSettings(":owner/:name"), docs.changeSettings, async (c) => {
    await access.own(c);
    const slug = slugOf(c);
    access.about(c, slug);
    await projects.get(slug);
    return changeSettings(c, slug);
  });

  return app;
}

/** The one project whose machines a caller sees without naming it. Throws `token_missing` or `query_invalid`. */
function onlyOf({
  projects: [project, ...others],
  known,
}: Exclude<Readable, { all: true }>): string {
  if (!known) throw new ApiError("token_missing");
  if (project !== undefined && others.length === 0) return project;
  throw new ApiError("query_invalid", "project: name one of your projects.");
}
