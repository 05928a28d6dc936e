import type { Context, ErrorHandler } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ApiError } from "../../protocol/deferred-error.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { pagePaths } from "../../protocol/paths.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { layout } from "./layout.ts";
import { notFoundPage } from "./not-found.ts";
import { signInPage } from "./sign-in.ts";

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
    if (code === "session_missing") return c.html(signInPage(version), 401);
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

/** The path of the page that sent the form; its own address where the browser does not say. */
function pageOfForm(c: Context): string {
  const referrer = c.req.header("referer") ?? "";
  const url = new URL(URL.canParse(referrer) ? referrer : c.req.url);
  const { pathname, search } = url.host === new URL(c.req.url).host ? url : new URL(c.req.url);
  return pathname + search;
}
