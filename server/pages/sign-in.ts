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

/** Shown instead of any restricted page, whether or not that page exists. */
export function signInPage(version: string): Html {
  return layout({
    title: "Sign in",
    description: "Projects are shown to their owner.",
    at: "/projects",
    version,
    signedIn: undefined,
    main: html`<h1>Sign in to see this.</h1>
      <p class="lead">
        Only the owner of this server can see this page. On the server’s machine, make a link that
        signs this browser in:
      </p>
      ${copyable("sign-in", `${DEFERRED} sign-in`)}
      <p>
        The link works once, within 15 minutes; the browser then stays signed in for 30 days.
        Everyone can see a project created with <code>--public</code>.
      </p>`,
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

/** Before an action that destroys something. */
function provePage({ version, signedIn }: SignedInPageOptions, back: string): Html {
  return layout({
    title: "Prove that it is you",
    description: "Asked before an action that destroys something.",
    ...{ signedIn, version },
    main: html`<h1>Prove that it is you.</h1>
      <p class="lead">
        What you asked for can’t be undone by everyone, so it takes a proof of the last ten minutes.
        On the server’s machine, make a link, and open it in this browser:
      </p>
      ${copyable("sign-in", `${DEFERRED} sign-in`)}
      <p>
        The link leads back to <a href="${back}">${back}</a>. Nothing has been changed. What you had
        typed there has to be typed again.
      </p>`,
  });
}

export const sessionPages = (version: string) => ({
  wrongLink: () => wrongLinkPage(version),
  signIn: () => signInPage(version),
  signOut: (signedIn: SignedIn) => signOutPage({ version, signedIn }),
  prove: (signedIn: SignedIn, back: string) => provePage({ version, signedIn }, back),
});
