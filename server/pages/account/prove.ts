import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { ownPath, type SignedIn } from "../../accounts/sessions.ts";
import { passkeyScript } from "../assets.ts";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import { textField } from "../form/fields.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { readForm } from "../form/read-form.ts";
import { passkeyButton } from "./passkey-button.ts";
import { backField, withBack } from "./sign-in.ts";
import { waitWords, type AccountPagesDeps, type Show } from "./show.ts";

/** Asks who uses the browser, before something is destroyed or a way to sign in changes. */
export function addProve(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, sessions, access, callers } = deps;
  const { users, passkeys, limits, gitHub } = people;

  async function page(
    c: Context,
    { user }: SignedIn,
    { state = UNTOUCHED, back, status }: { state?: FormState; back: string; status?: 422 | 429 },
  ) {
    const whole = await users.find(user.id);
    const hasPasskey = !passkeys.missing && (await passkeys.list(user.id)).length > 0;
    const canReset = whole?.hasPassword === true;
    const viaGitHub = gitHub && !canReset && !hasPasskey && !user.owner;
    return show(c, {
      title: "Prove that it is you",
      scripts: hasPasskey ? [passkeyScript.path] : [],
      main: html`<h1>Prove that it is you.</h1>
        <p class="lead">
          This browser has been signed in for a while. What comes next destroys something, or
          changes how you sign in.
        </p>
        ${
          canReset
            ? postForm(state, {
                action: pagePaths.provePassword,
                button: "Go on",
                primary: true,
                fields: [
                  backField(back),
                  textField(state, {
                    ...{ name: "password", label: "Your password", type: "password" },
                    ...{ autocomplete: "current-password", required: true },
                  }),
                ],
              })
            : ""
        }
        ${
          hasPasskey
            ? passkeyButton({
                words: "Use a passkey",
                challenge: pagePaths.passkeyChallenge,
                answer: withBack(pagePaths.provePasskey, back),
              })
            : ""
        }
        ${
          viaGitHub
            ? html`<p>
                <a class="button" href="${withBack(pagePaths.gitHubSignIn, back)}"
                  >Sign in with GitHub again</a
                >
              </p>`
            : ""
        }
        ${
          user.owner
            ? html`<p>
                  As the owner you can also make a link on the server’s machine, and open it in this
                  browser:
                </p>
                ${copyable("sign-in", `${DEFERRED} sign-in`)}`
            : ""
        }
        <p>
          Then comes <a href="${back}">${back}</a>. What you had typed there has to be typed again.
        </p>`,
      ...(status && { status }),
    });
  }

  app.get(pagePaths.prove(), async (c) => {
    const back = ownPath(c.req.query("back") ?? "") ?? pagePaths.account;
    const signedIn = await access.currentUser(c);
    if (!signedIn) return c.redirect(withBack(pagePaths.signInPage, back), 303);
    if (await access.hasProof(c)) return c.redirect(back, 303);
    // The owner's link leads back too.
    sessions.comeBack(c, back);
    return page(c, signedIn, { back });
  });

  app.post(pagePaths.provePassword, async (c) => {
    const signedIn = await access.submitAccount(c);
    const typed = await readForm(c);
    const back = ownPath(typed.get("back") ?? "") ?? pagePaths.account;
    const { id } = signedIn.user;
    const refuse = (password: string, status: 422 | 429) =>
      page(c, signedIn, { state: { typed, mistakes: { password } }, back, status });
    const waitS = Math.max(callers.waitForGuess(c), limits.waitForGuess(id));
    if (waitS > 0) return refuse(`Too many tries. Try again in ${waitWords(waitS)}.`, 429);
    callers.countGuess(c);
    limits.countGuess(id);
    if (!(await users.checkPassword(id, typed.get("password") ?? ""))) {
      deps.failedSignIns.add(pagePaths.provePassword, { id });
      return refuse("The password is wrong.", 422);
    }
    await sessions.prove(c);
    return c.redirect(back, 303);
  });
}
