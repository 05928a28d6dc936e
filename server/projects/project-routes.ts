import { Hono, type Context } from "hono";
import { describe, describeForOwner } from "../http/openapi/describe.ts";
import {
  ChangeProjectSchema,
  CreateProjectSchema,
  ProjectListSchema,
  ProjectViewSchema,
  SecretListSchema,
  SecretRequestSchema,
} from "../../protocol/projects.ts";
import { paths } from "../../protocol/paths.ts";
import type { Access } from "../accounts/access.ts";
import { jsonBody } from "../http/json-body.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { changedNames } from "./changed-names.ts";
import type { Project, Projects } from "./projects.ts";
import { checkSecretName, checkSecretValue } from "./secret-requests.ts";
import { slugOf } from "./slug.ts";
import { createViews, type ViewsDeps } from "./views.ts";

export interface ProjectRoutesDeps extends ViewsDeps {
  projects: Projects;
  access: Access;
  /** Removes a project, with its runs and machines. */
  remove: (slug: string) => Promise<void>;
}

const MAX_BODY_BYTES = 256 * 1024;

/** Creates, reads, changes and removes projects and their secrets. Without CORS: no page calls these. */
export function projectRoutes({ projects, access, remove, ...deps }: ProjectRoutesDeps) {
  const app = new Hono();
  const views = createViews({ projects, ...deps });
  const project = "/:owner/:name";

  app.get("/", docs.list, async (c) => {
    const grant = await access.readable(c);
    const isOwn = ({ slug }: Project) => grant.all || grant.projects.includes(slug);
    const isOpen = ({ settings }: Project) => !grant.all && grant.public && settings.public;
    const shown = (await projects.list()).filter((one) => isOwn(one) || isOpen(one));
    const viewed = await Promise.all(
      shown.map((one) => (isOwn(one) ? views.own(one).catch(nothingIfRemoved) : views.public(one))),
    );
    return c.json({ projects: viewed.flat() });
  });

  app.post("/", docs.create, async (c) => {
    const maker = await access.makeProject(c);
    const request = await jsonBody(c, CreateProjectSchema, MAX_BODY_BYTES);
    await projects.create(request, maker);
    // After it: a refused call is none of the project that has the name.
    access.about(c, request.slug);
    const made = await views.own(await projects.get(request.slug), true);
    return c.json(made, 201, { location: paths.project(request.slug) });
  });

  app.get(project, docs.read, async (c) => {
    const slug = slugOf(c);
    const withSecret = c.req.query("hook_secret") === "1";
    await (withSecret ? access.act(c, slug, "admin") : access.read(c, slug));
    const found = await projects.get(slug);
    const belongs = withSecret || (await isTheirs(c, slug));
    return c.json(await (belongs ? views.own(found, withSecret) : views.public(found)));
  });

  app.patch(project, docs.change, async (c) => {
    const slug = slugOf(c);
    const actor = await access.act(c, slug, "admin");
    const request = await jsonBody(c, ChangeProjectSchema, MAX_BODY_BYTES);
    access.note(c, changedNames(request));
    await projects.change(slug, request, actor);
    return c.json(await views.own(await projects.get(slug), request.renew_hook_secret === true));
  });

  app.delete(project, docs.remove, async (c) => {
    const slug = slugOf(c);
    await access.act(c, slug, "own");
    await remove(slug);
    return c.body(null, 204);
  });

  app.get(`${project}/secrets`, docs.secrets, async (c) => {
    const slug = slugOf(c);
    await access.belong(c, slug);
    return c.json({ secrets: await projects.secretNames(slug) });
  });

  app.put(`${project}/secrets/:secret`, docs.putSecret, async (c) => {
    const slug = slugOf(c);
    const actor = await access.act(c, slug, "admin");
    const name = checkSecretName(c.req.param("secret"));
    const { value } = await jsonBody(c, SecretRequestSchema, MAX_BODY_BYTES);
    await projects.putSecret(slug, name, checkSecretValue(value), actor);
    return c.body(null, 204);
  });

  app.delete(`${project}/secrets/:secret`, docs.removeSecret, async (c) => {
    const slug = slugOf(c);
    await access.act(c, slug, "admin");
    const name = c.req.param("secret");
    if (!(await projects.removeSecret(slug, name))) {
      throw new ApiError("not_found", `The project has no secret ${name}.`);
    }
    return c.body(null, 204);
  });

  return app;

  async function isTheirs(c: Context, slug: string): Promise<boolean> {
    return access.belong(c, slug).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError) return false;
        throw error;
      },
    );
  }
}

/** Skips a project that is removed while all are listed. */
function nothingIfRemoved(error: unknown): [] {
  if (error instanceof ApiError && error.code === "project_not_found") return [];
  throw error;
}

const secret = { secret: "The variable that commands find it in: `DEPLOY_TOKEN`." };

const docs = {
  list: describe({
    tag: "Projects",
    summary: "List projects",
    description: "Those that the caller's token or session may read; without one, the public ones.",
    answers: { 200: ["By name.", ProjectListSchema] },
    errors: ["token_wrong"],
  }),
  create: describe({
    tag: "Projects",
    summary: "Make a project",
    description:
      "By the owner's token, or where the server lets its users make projects by a user's token: the user becomes the project's owner. Repositories at private addresses are refused unless the server's operator allows them. A name is given once, also after its project was removed.",
    body: CreateProjectSchema,
    answers: { 201: ["With its hook's addresses and their secret.", ProjectViewSchema] },
    errors: [
      "token_missing",
      "token_wrong",
      "project_exists",
      "owner_part_taken",
      "project_limit",
      "repository_refused",
    ],
    security: "owner",
  }),
  read: describeForOwner({
    summary: "Read a project",
    description:
      "Anybody may read a public one, without its hooks, watchers, and names of credentials and secrets.",
    query: { hook_secret: "1: with the hook's secret; needs the scope admin." },
    answers: { 200: ["The project.", ProjectViewSchema] },
  }),
  change: describeForOwner({
    summary: "Change a project",
    description:
      "What is absent stays. Credentials are written, never read back; null removes one.",
    body: ChangeProjectSchema,
    answers: {
      200: ["The project; with its hook's secret where that was renewed.", ProjectViewSchema],
    },
    errors: ["repository_refused"],
  }),
  remove: describeForOwner({
    summary: "Remove a project",
    description:
      "Its runs are canceled, and its keys, hooks, tokens and pages stop working at once. It can be restored for seven days; then its secrets, credentials and hooks are deleted for good. Its name is not given to another.",
    answers: { 204: ["It is gone, and can be restored."] },
    errors: ["project_needed"],
  }),
  secrets: describeForOwner({
    summary: "List the names of a project's secrets",
    answers: { 200: ["By name.", SecretListSchema] },
  }),
  putSecret: describeForOwner({
    summary: "Set a secret",
    description: "The project's commands get it where their file names it. It is never read back.",
    parameters: secret,
    body: SecretRequestSchema,
    answers: { 204: ["It is set."] },
  }),
  removeSecret: describeForOwner({
    summary: "Remove a secret",
    parameters: secret,
    answers: { 204: ["It is gone."] },
    errors: ["not_found"],
  }),
};
