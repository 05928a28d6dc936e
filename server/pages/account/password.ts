import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import type { User } from "../../accounts/users/users.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { readForm } from "../form/read-form.ts";
import { accountMails } from "./mails.ts";
import { newPasswordField, readNewPassword } from "./new-password.ts";
import { ownPage } from "./own-page.ts";
import { usernameField } from "./sign-up.ts";
import type { AccountPagesDeps, Show } from "./show.ts";

/** Sets or changes the password of an account. */
export function addPassword(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, sessions, access, userTokens, url } = deps;
  const { users, links, mails } = people;

  const page = (c: Context, { email, hasPassword }: User, state: FormState, status?: 422) =>
    show(c, {
      title: hasPassword ? "Change your password" : "Set a password",
      main: html`<h1>${hasPassword ? "Change your password" : "Set a password"}</h1>
        <p class="lead">It signs you out everywhere else, programs too.</p>
        ${email === null ? html`<p>You sign in with your e-mail address: <a href="${pagePaths.accountEmail}">give one</a> too.</p>` : ""}
        ${postForm(state, {
          action: pagePaths.accountPassword,
          button: "Set the password",
          primary: true,
          back: pagePaths.account,
          fields: [
            email === null ? "" : usernameField(email),
            newPasswordField(state, "New password"),
          ],
        })}`,
      ...(status && { status }),
    });

  app.get(
    pagePaths.accountPassword,
    ownPage(deps, { fresh: true }, (c, user) => page(c, user, UNTOUCHED)),
  );

  app.post(pagePaths.accountPassword, async (c) => {
    const { user: sender, session } = await access.submitAccount(c, { fresh: true });
    const typed = await readForm(c);
    const user = await users.find(sender.id);
    if (!user) return c.redirect(pagePaths.signInPage, 303);
    const { password, mistakes } = readNewPassword(typed, [user.email, user.name]);
    if (mistakes["password"] !== undefined) return page(c, user, { typed, mistakes }, 422);
    await users.setPassword(user.id, password);
    await links.endAll(user.id);
    await sessions.endAll(user.id, session.id);
    await userTokens.revokeAllOf(user.id);
    if (user.email !== null && user.emailVerified) {
      mails.send(accountMails.changed(user.email, url, "Your password was changed"));
    }
    return c.redirect(pagePaths.account, 303);
  });
}
