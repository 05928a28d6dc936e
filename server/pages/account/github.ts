import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { is, nullable, object, string } from "valibot";
import { pagePaths } from "../../../protocol/paths.ts";
import { ownPath } from "../../accounts/sessions.ts";
import { GitHubSignInError, type GitHubAccount } from "../../accounts/users/github.ts";
import { cleanName } from "./new-password.ts";
import { AFTER_SIGN_IN, withBack } from "./sign-in.ts";
import { maySignUp } from "./sign-up.ts";
import type { AccountPagesDeps, Show } from "./show.ts";

const COOKIE_KEPT_S = 10 * 60;

/** The cookie that the browser keeps while its owner is at GitHub. */
const AttemptSchema = object({
  state: string(),
  verifier: string(),
  back: nullable(string()),
  /** The id of the user whose account gets this GitHub account; null: it signs in. */
  connects: nullable(string()),
});

/**
 * Signs in by GitHub. The same e-mail address never links the two accounts: GitHub keeps an address verified long
 * after it has gone to another person, such as a colleague who left. One links them on the account's page.
 */
export function addGitHub(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, sessions, access, url } = deps;
  const { gitHub, users, identities } = people;
  if (!gitHub) return;
  const secure = url.startsWith("https:");
  const cookie = secure ? "__Host-deferred-github" : `deferred_${new URL(url).port || "80"}_github`;
  const options = { path: "/", httpOnly: true, sameSite: "Lax", secure } as const;

  app.get(pagePaths.gitHubSignIn, async (c) => {
    const back = ownPath(c.req.query("back") ?? "") ?? null;
    const signedIn = await access.currentUser(c);
    const wantsToConnect = c.req.query("connect") !== undefined;
    // Another site could have the browser connect the account that is signed in at GitHub.
    if (wantsToConnect && c.req.header("sec-fetch-site") === "cross-site") {
      return c.redirect(pagePaths.account, 303);
    }
    if (wantsToConnect && !(await access.hasProof(c))) {
      return c.redirect(pagePaths.prove(pagePaths.account), 303);
    }
    const connects = wantsToConnect ? (signedIn?.user.id ?? null) : null;
    const { location, attempt } = await gitHub.begin();
    const kept = JSON.stringify({ ...attempt, back, connects });
    setCookie(c, cookie, kept, { ...options, maxAge: COOKIE_KEPT_S });
    c.header("cache-control", "no-store");
    return c.redirect(location, 303);
  });

  app.get(pagePaths.gitHubCallback, async (c) => {
    const attempt = parseAttempt(getCookie(c, cookie));
    deleteCookie(c, cookie, options);
    if (!attempt) return failed(c, "It took too long, or began in another browser.");
    const query = new URL(c.req.url).searchParams;
    if (query.get("error") === "access_denied") return c.redirect(pagePaths.signInPage, 303);
    try {
      const account = await gitHub.finish(query, attempt);
      const back = attempt.back === null ? undefined : ownPath(attempt.back);
      if (attempt.connects !== null) return await connect(c, account, attempt.connects);
      return await signIn(c, account, back);
    } catch (error) {
      if (!(error instanceof GitHubSignInError)) throw error;
      return failed(c, error.message);
    }
  });

  async function connect(c: Context, account: GitHubAccount, user: string): Promise<Response> {
    const signedIn = await access.currentUser(c);
    if (signedIn?.user.id !== user) return failed(c, "Another account is signed in by now.");
    if (await identities.link(user, account)) {
      const { id, name, owner } = signedIn.user;
      const actor = { kind: owner ? "owner" : "user", id, name } as const;
      await access.record(c, actor, `connected ${account.login}`);
      return c.redirect(pagePaths.account, 303);
    }
    return failed(c, `${account.login} signs in somebody already.`);
  }

  async function signIn(c: Context, account: GitHubAccount, back: string | undefined) {
    const known = await identities.userOf(account);
    if (known !== undefined) {
      await sessions.begin(c, known);
      return c.redirect(back ?? AFTER_SIGN_IN, 303);
    }
    if (!(await maySignUp(deps, back))) {
      return failed(
        c,
        `No account is connected to ${account.login}, and new ones are by invitation.`,
      );
    }
    const { name, email = null } = account;
    const user = await users.create({
      name: cleanName(name).slice(0, 80).toWellFormed() || account.login,
      email,
      emailVerified: true,
    });
    if (!user) {
      return show(c, {
        title: "You have an account",
        status: 409,
        main: html`<h1>You have an account.</h1>
          <p class="lead">It has the same address as ${account.login} at GitHub, ${email}.</p>
          <p>
            <a href="${withBack(pagePaths.signInPage, pagePaths.account)}">Sign in as before</a>,
            then connect GitHub on your account’s page.
          </p>`,
      });
    }
    await identities.link(user.id, account);
    await sessions.begin(c, user.id);
    return c.redirect(back ?? AFTER_SIGN_IN, 303);
  }

  const failed = (c: Context, sentence: string) =>
    show(c, {
      title: "GitHub did not sign you in",
      status: 403,
      main: html`<h1>GitHub did not sign you in.</h1>
        <p class="lead">${sentence}</p>
        <p class="alone"><a href="${pagePaths.signInPage}">Sign in</a></p>`,
    });
}

function parseAttempt(text: string | undefined) {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return is(AttemptSchema, value) ? value : undefined;
  } catch {
    return undefined; // The cookie is not ours.
  }
}
