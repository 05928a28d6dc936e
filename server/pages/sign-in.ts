import type { Context } from "hono";
import { html } from "hono/html";
import { DEFERRED } from "./command-line.ts";
import { copyable } from "./copyable.ts";
import { pagePaths } from "../../protocol/paths.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { type Html, layout } from "./layout.ts";

interface SignedInPageOptions {
  version: string;
  signedIn: SignedIn;
}

/** For people whose sign-in link is no longer valid. */
function wrongLinkPage(version: string): Html {
  return layout({
    title: "This link is used up",
    description: "A sign-in link works once.",
    version,
    signedIn: undefined,
    main: html`<h1>This sign-in link is used up.</h1>
      <p class="lead">A link works once, within 15 minutes. Make another where the server runs:</p>
      ${copyable("sign-in", `${DEFERRED} sign-in`)}`,
  });
}

/**
 * Shown instead of any restricted page, whether or not that page exists. Signing in leads back to it, where the request
 * was a read.
 */
export function signInPage(version: string, c?: Context): Html {
  const back = c?.req.method === "GET" ? new URL(c.req.url) : undefined;
  const query = back ? `?${new URLSearchParams({ back: back.pathname + back.search })}` : "";
  return layout({
    title: "Sign in",
    description: "Private pages are shown to people who are signed in.",
    at: "/projects",
    version,
    signedIn: undefined,
    main: html`<h1>Sign in to see this.</h1>
      <p class="lead">Members of a project see its pages. Everyone sees public projects.</p>
      <p><a class="button action" href="${pagePaths.signInPage}${query}">Sign in</a></p>
      <p>
        The owner of this server can make a link that signs this browser in, on the server’s
        machine:
      </p>
      ${copyable("sign-in", `${DEFERRED} sign-in`)}
      <p>The link works once, within 15 minutes.</p>`,
  });
}

interface UnsentForm {
  /** Where it was sent to. */
  action: string;
  typed: URLSearchParams;
  /** The page that it is on. */
  back: string;
}

/** Shown in place of what a form leads to, after its sender was signed out. Sends the same fields again. */
export function unsentFormPage(version: string, { action, typed, back }: UnsentForm): Html {
  // A password is typed again rather than put into a page.
  const fields = [...typed].filter(([name]) => !name.includes("password"));
  return layout({
    title: "Signed out",
    description: "The form was sent by a browser that is not signed in.",
    version,
    signedIn: undefined,
    main: html`<h1>You are signed out.</h1>
      <p class="lead">
        Nothing was
        changed${fields.length === 0 ? "" : ", and what you typed is kept on this page"}.
      </p>
      <p>Sign in in a new tab. Then come back to this one, and send the form again.</p>
      <form class="form" method="post" action="${action}">
        ${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <p class="buttons">
          <a
            class="button action"
            target="_blank"
            href="${pagePaths.signInPage}?${new URLSearchParams({ back })}"
            >Sign in</a
          >
          <button>Send the form again</button>
        </p>
      </form>`,
  });
}

/** Asks before signing out; a link alone changes nothing. */
function signOutPage({ version, signedIn }: SignedInPageOptions): Html {
  return layout({
    title: "Sign out",
    description: "Ends this browser's session.",
    ...{ signedIn, version },
    main: html`<h1>Sign out?</h1>
      <p class="lead">This browser then shows public projects alone.</p>
      <form method="post" action="${pagePaths.signOut}">
        <button>Sign out</button>
      </form>`,
  });
}

export const sessionPages = (version: string) => ({
  wrongLink: () => wrongLinkPage(version),
  signOut: (signedIn: SignedIn) => signOutPage({ version, signedIn }),
});
