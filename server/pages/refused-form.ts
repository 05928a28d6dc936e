import type { Context, ErrorHandler } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ApiError } from "../../protocol/deferred-error.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { pagePaths } from "../../protocol/paths.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { type Html, layout } from "./layout.ts";
import { readForm } from "./form/read-form.ts";
import { notFoundPage } from "./not-found.ts";
import { signInPage, unsentFormPage } from "./sign-in.ts";

/** Bytes of a form that a page keeps for its sender, who is not signed in. */
const KEPT_BYTES = 64 * 1024;

interface RefusedFormOptions {
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  version: string;
}

/**
 * An `onError` of apps with forms: answers a refused form with a page. A form that takes a fresh proof leads to where
 * one is given, and from there back to the page of the form.
 */
export function refusedForm({ currentUser, version }: RefusedFormOptions): ErrorHandler {
  return async (error, c) => {
    if (!(error instanceof ApiError) || c.req.method !== "POST") throw error;
    c.header("cache-control", "no-store");
    const { code, detail, status } = error;
    if (code === "session_missing") return c.html(await signedOutPage(c, version), 401);
    if (code === "proof_needed") return c.redirect(pagePaths.prove(pageOfForm(c)), 303);
    const signedIn = await currentUser(c);
    if (status === 404) return c.html(notFoundPage({ version, signedIn }), 404);
    const page = layout({
      title: "Not done",
      description: "Why the server did not do what a form asked for.",
      ...{ signedIn, version },
      main: html`<h1>Nothing was changed.</h1>
        <p class="lead">${ERRORS[code][1]}</p>
        ${detail === undefined ? "" : html`<p>${detail}</p>`}
        <p class="alone"><a href="${pageOfForm(c)}">Back to the page</a></p>`,
    });
    return c.html(page, status as ContentfulStatusCode);
  };
}

/** Keeps what was typed, so that its sender can sign in and send it again. The form came from a page of this server. */
async function signedOutPage(c: Context, version: string): Promise<Html> {
  const typed = await readForm(c, { maxBytes: KEPT_BYTES, vouched: false }).catch(
    (error: unknown) => {
      if (error instanceof ApiError) return undefined;
      throw error;
    },
  );
  if (!typed) return signInPage(version, c);
  const { pathname, search } = new URL(c.req.url);
  return unsentFormPage(version, { action: pathname + search, typed, back: pageOfForm(c) });
}

/** The path of the page that sent the form; its own address where the browser does not say. */
function pageOfForm(c: Context): string {
  const referrer = c.req.header("referer") ?? "";
  const url = new URL(URL.canParse(referrer) ? referrer : c.req.url);
  const { pathname, search } = url.host === new URL(c.req.url).host ? url : new URL(c.req.url);
  return pathname + search;
}
