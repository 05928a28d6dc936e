import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { parseEmail } from "../../accounts/users/email.ts";
import { textField } from "../form/fields.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { fieldText, readForm } from "../form/read-form.ts";
import { accountMails } from "./mails.ts";
import { nameField, newPasswordField, readName, readNewPassword } from "./new-password.ts";
import { ownPage } from "./own-page.ts";
import { AFTER_SIGN_IN } from "./sign-in.ts";
import type { AccountPagesDeps, Show } from "./show.ts";

/** Asks the owner, after the first sign-in link, who they are and how they want to sign in from now on. */
export function addWelcome(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, access, url } = deps;
  const { users, links, mails, passkeys } = people;

  const page = (c: Context, state: FormState, status?: 422) =>
    show(c, {
      title: "Welcome",
      main: html`<h1>This server is yours.</h1>
        <p class="lead">
          Say who you are, and how you sign in from now on. A new link from the server’s machine
          always works too.
        </p>
        ${postForm(state, {
          action: pagePaths.welcome,
          button: "Save",
          primary: true,
          back: AFTER_SIGN_IN,
          backWords: "Later",
          fields: [
            nameField(state),
            textField(state, {
              ...{ name: "email", label: "E-mail", type: "email" },
              ...{ autocomplete: "email", required: true },
            }),
            newPasswordField(state, "Password"),
            passkeys.missing
              ? ""
              : html`<p class="help">
                  Rather a passkey? Leave the password empty: the next page adds one.
                </p>`,
          ],
        })}`,
      ...(status && { status }),
    });

  app.get(
    pagePaths.welcome,
    ownPage(deps, {}, (c, user) =>
      user.owner && user.email === null ? page(c, UNTOUCHED) : c.redirect(pagePaths.account, 303),
    ),
  );

  app.post(pagePaths.welcome, async (c) => {
    const { user: sender } = await access.submitAccount(c, { fresh: true });
    const typed = await readForm(c);
    const user = await users.find(sender.id);
    if (!user || !user.owner || user.email !== null) return c.redirect(pagePaths.account, 303);
    const { name, mistakes: nameMistakes } = readName(typed);
    const email = parseEmail(fieldText(typed, "email"));
    const byPasskey = !passkeys.missing && typed.get("password") === "";
    const { password, mistakes: passwordMistakes } = readNewPassword(typed, [email ?? null, name]);
    const mistakes = {
      ...nameMistakes,
      ...(email === undefined && { email: "Type an address like ada@example.com." }),
      ...(byPasskey ? {} : passwordMistakes),
    };
    if (email === undefined || Object.keys(mistakes).length > 0) {
      return page(c, { typed, mistakes }, 422);
    }
    if (!(await users.setEmail(user.id, email, { verified: false }))) {
      return page(c, { typed, mistakes: { email: "An account has this address." } }, 422);
    }
    await users.setName(user.id, name);
    if (!byPasskey) await users.setPassword(user.id, password);
    if (mails.enabled) {
      const code = await links.make("email", { user: user.id, email, back: null });
      mails.send(accountMails.confirm(email, url, code));
    }
    return c.redirect(byPasskey ? pagePaths.newPasskey : AFTER_SIGN_IN, 303);
  });
}
