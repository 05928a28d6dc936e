import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { scopeIncludes, type Scope } from "../../../protocol/roles.ts";
import type { Access } from "../../accounts/access.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import type { Project, Projects } from "../../projects/projects.ts";
import { slugOf } from "../../projects/slug.ts";
import type { Html } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import { signInPage } from "../sign-in.ts";
import type { May } from "./project-tabs.ts";
import { shell, type ShellOptions } from "./shell.ts";

export interface ServePageDeps {
  projects: Pick<Projects, "find">;
  access: Access;
  version: string;
  now: () => number;
}

/** A project and its reader, from which a page is made. */
export interface Seen {
  project: Project;
  signedIn: SignedIn | undefined;
  /** Whether the reader may send a form that takes this scope. */
  may: May;
  now: number;
}

export type PageContent = Omit<ShellOptions, "signedIn" | "version" | "about"> & { status?: 422 };

/** A page's content for a permitted reader of the project; undefined: there is no such page. */
export type Content = (c: Context, seen: Seen) => Promise<PageContent | undefined>;

export type ServePage = ReturnType<typeof createServePage>;

export interface PageOptions {
  /** Whether it is private in a public project too. */
  own?: boolean;
  /** Of the forms on it: it is shown to no user whose role does not include it. */
  scope?: Scope;
  /** Whether its form destroys something: it is shown after a fresh proof that it is the user. */
  fresh?: boolean;
}

/**
 * Serves pages below a project. A signed-out reader can't distinguish a private project from a missing one.
 */
export function createServePage(app: Hono, deps: ServePageDeps) {
  const { access, version } = deps;
  return (path: string, content: Content, { own, scope, fresh }: PageOptions = {}) => {
    app.get(path, async (c) => {
      const slug = slugOf(c);
      const may = await mayOf(c, deps);
      try {
        await (own || scope ? access.belong(c, slug) : access.read(c, slug));
        if (scope && !may(scope)) throw new ApiError("role_low");
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const reader = await access.currentUser(c);
        if (!reader) return write(c, signInPage(version, c), 401);
        return write(c, notFoundPage({ version, signedIn: reader }), 404);
      }
      if (fresh && !(await access.hasProof(c))) {
        const { pathname, search } = new URL(c.req.url);
        return c.redirect(pagePaths.prove(pathname + search), 303);
      }
      return writeContent(c, deps, content);
    });
  };
}

/** Writes a page of a project to a reader who is authorized; another status than 200 is the caller's. */
export async function writeContent(
  c: Context,
  deps: ServePageDeps,
  content: Content,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const { projects, access, version, now } = deps;
  const signedIn = await access.currentUser(c);
  const may = await mayOf(c, deps);
  const project = await projects.find(slugOf(c));
  const seen = project && { project, signedIn, may, now: now() };
  const found = seen && (await content(c, seen).catch(undefinedIfNotFound));
  if (!found) return write(c, notFoundPage({ version, signedIn }), 404);
  const about = { slug: seen.project.slug, may };
  const { status: own, ...page } = found;
  return write(c, shell({ ...page, about, signedIn, version }), own ?? status);
}

async function mayOf(c: Context, { access }: Pick<ServePageDeps, "access">): Promise<May> {
  const has = await access.scopeOf(c, slugOf(c));
  return (wanted) => has !== undefined && scopeIncludes(has, wanted);
}

function undefinedIfNotFound(error: unknown): undefined {
  // A list that continues after a removed row has no such page either.
  if (error instanceof ApiError && [404, 400].includes(error.status)) return undefined;
  throw error;
}

/** Not cached: no proxy keeps a restricted page, nor does the browser after signing out. */
export function write(c: Context, page: Html, status: ContentfulStatusCode = 200) {
  c.header("cache-control", "no-store");
  return c.html(page, status);
}

/** The project in a page's breadcrumbs. */
export function trailOf(slug: string) {
  return [pagePaths.project(slug), slug] as const;
}
