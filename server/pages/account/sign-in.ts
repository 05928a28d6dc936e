import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { ownPath } from "../../accounts/sessions.ts";
import { parseEmail } from "../../accounts/users/email.ts";
import { passkeyScript } from "../assets.ts";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import { textField } from "../form/fields.ts";
import { postForm } from "../form/post-form.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { fieldText } from "../form/read-form.ts";
import type { Html } from "../layout.ts";
import { passkeyButton } from "./passkey-button.ts";
import { waitWords, type AccountPagesDeps, type Show } from "./show.ts";
import { readStrangersForm } from "./strangers-form.ts";

/** The page after a sign-in that no other page asked for. */
export const AFTER_SIGN_IN = pagePaths.projects;

/** The longest password that is hashed: more can't be one. */
const MAX_PASSWORD_CHARACTERS = 1000;

/** Signs in by e-mail and password, and shows the other ways. */
export function addSignIn(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, sessions, callers, url } = deps;

  const page = (c: Context, state: FormState, back: string | undefined, status?: 422 | 429) =>
    show(c, {
      title: "Sign in",
      scripts: people.passkeys.missing ? [] : [passkeyScript.path],
      main: signInForms(state, { people, back }),
      ...(status && { status }),
    });

  app.get(pagePaths.signInPage, async (c) => {
    const back = ownPath(c.req.query("back") ?? "");
    if (await sessions.isSignedIn(c)) return c.redirect(back ?? AFTER_SIGN_IN, 303);
    return page(c, UNTOUCHED, back);
  });

  app.post(pagePaths.signInPage, async (c) => {
    const typed = await readStrangersForm(c, url);
    const back = ownPath(typed.get("back") ?? "");
    const refuse = (sentence: string, status: 422 | 429 = 422) =>
      page(c, { typed, mistakes: { "": sentence } }, back, status);
    const email = parseEmail(fieldText(typed, "email"));
    const password = typed.get("password") ?? "";
    if (email === undefined || password === "") {
      return refuse("Type the e-mail address and the password of your account.");
    }
    const waitS = Math.max(callers.waitForGuess(c), people.limits.waitForGuess(email));
    if (waitS > 0) {
      return refuse(
        `Too many tries. Try again in ${waitWords(waitS)}, or sign in another way.`,
        429,
      );
    }
    // Counted before the password is checked, so that many tries at once count too.
    callers.countGuess(c);
    people.limits.countGuess(email);
    const isPossible = password.length <= MAX_PASSWORD_CHARACTERS;
    const user = isPossible ? await people.users.signIn(email, password) : undefined;
    if (!user) {
      deps.failedSignIns.add(pagePaths.signInPage, { email });
      return refuse("The e-mail address or the password is wrong.");
    }
    await sessions.begin(c, user.id);
    return c.redirect(back ?? AFTER_SIGN_IN, 303);
  });
}

interface SignInFormsOptions {
  people: AccountPagesDeps["people"];
  back: string | undefined;
}

function signInForms(state: FormState, { people, back }: SignInFormsOptions): Html {
  const { mails, signUp } = people;
  const isInvited = back?.startsWith(pagePaths.invitation("")) ?? false;
  const newAccount = html`<a href="${withBack(pagePaths.signUp, back)}">Create one</a>`;
  return html`<h1>Sign in</h1>
    ${isInvited ? html`<p class="lead">You are invited to a project. No account yet? ${newAccount}.</p>` : ""}
    ${postForm(state, {
      action: pagePaths.signInPage,
      button: "Sign in",
      refused: "You are not signed in.",
      primary: true,
      fields: [
        backField(back),
        textField(state, {
          name: "email",
          label: "E-mail",
          type: "email",
          autocomplete: "username",
          required: true,
        }),
        textField(state, {
          name: "password",
          label: "Password",
          type: "password",
          autocomplete: "current-password",
          required: true,
        }),
      ],
    })}
    ${mails.enabled ? html`<p class="alone"><a href="${pagePaths.resetPassword}">Forgot your password?</a></p>` : ""}
    ${otherWays(people, back)}
    ${signUp === "open" && !isInvited ? html`<p>No account yet? ${newAccount}.</p>` : ""}
    <details>
      <summary>Sign in as the owner of this server</summary>
      <p>
        On the server’s machine, make a link that signs this browser in. It works once, within 15
        minutes:
      </p>
      ${copyable("sign-in", `${DEFERRED} sign-in`)}
    </details>`;
}

/** Passkey and GitHub, where the server has them. */
function otherWays(
  { passkeys, gitHub }: SignInFormsOptions["people"],
  back: string | undefined,
): Html | "" {
  if (passkeys.missing && !gitHub) return "";
  return html`<div class="ways">
    ${
      passkeys.missing
        ? ""
        : passkeyButton({
            words: "Sign in with a passkey",
            challenge: pagePaths.passkeyChallenge,
            answer: withBack(pagePaths.passkeySignIn, back),
          })
    }
    ${gitHub ? html`<a class="button" href="${withBack(pagePaths.gitHubSignIn, back)}">Sign in with GitHub</a>` : ""}
  </div>`;
}

/** Passes the page to come back to on to the next form. */
export function backField(back: string | undefined): Html | "" {
  return back === undefined ? "" : html`<input type="hidden" name="back" value="${back}" />`;
}

export function withBack(path: string, back: string | undefined): string {
  return back === undefined ? path : `${path}?${new URLSearchParams({ back })}`;
}
