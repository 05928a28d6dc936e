import type { Context, Hono } from "hono";
import type { Actor } from "../../../protocol/actors.ts";
import type { Scope } from "../../../protocol/roles.ts";
import { slugOf } from "../../projects/slug.ts";
import { mistakesOf, UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { readForm } from "../form/read-form.ts";
import {
  writeContent,
  type Content,
  type PageContent,
  type Seen,
  type ServePage,
  type ServePageDeps,
} from "./serve-page.ts";

/** A submitted form: its sender, its fields and its project. */
interface SubmittedForm {
  c: Context;
  slug: string;
  form: URLSearchParams;
  actor: Actor;
  /** Names, for the audit log, what the form changes; never a value. */
  note: (detail: string) => void;
}

export interface FormPage {
  path: string;
  scope: Scope;
  /** It destroys something, or shows a secret: it takes a proof of the last ten minutes. */
  fresh?: boolean;
  /** Fields by error code, or by the name that begins the detail of `body_invalid`. */
  fields?: Readonly<Record<string, string>>;
  /** The page with its form: at first as stored, after a mistake as typed. */
  show: (c: Context, seen: Seen, state: FormState) => Promise<PageContent | undefined>;
  /** Does it. Returns the path to go on to, or a page that is shown this once. Throws `FormError`, `ApiError`. */
  submit: (submitted: SubmittedForm) => Promise<string | Content>;
}

export type AddForm = ReturnType<typeof createAddForm>;

/** Serves the forms of projects, which work without scripts. */
export function createAddForm(app: Hono, page: ServePage, deps: ServePageDeps) {
  /** Adds a page with a form that posts to the page's own path. */
  return (options: FormPage): void => {
    const { path, scope, fresh = false, show, submit, fields } = options;
    page(path, (c, seen) => show(c, seen, UNTOUCHED), { scope, fresh });
    app.post(path, async (c) => {
      const slug = slugOf(c);
      const actor = await deps.access.submit(c, slug, scope, { fresh });
      const form = await readForm(c);
      try {
        const note = (detail: string) => deps.access.note(c, detail);
        const done = await submit({ c, slug, form, actor, note });
        if (typeof done === "string") return c.redirect(done, 303);
        return await writeContent(c, deps, done);
      } catch (error) {
        const known = mistakesOf(error, fields);
        if (!known) throw error;
        const state = { typed: form, mistakes: known.mistakes };
        return writeContent(c, deps, (c, seen) => show(c, seen, state), known.status);
      }
    });
  };
}
