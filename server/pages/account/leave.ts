import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import type { User } from "../../accounts/users/users.ts";
import { textField } from "../form/fields.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { fieldText, readForm } from "../form/read-form.ts";
import { ownPage } from "./own-page.ts";
import { hasOtherWay } from "./ways.ts";
import type { AccountPagesDeps, Show } from "./show.ts";

/** Deletes an account, and disconnects it from GitHub. */
export function addLeave(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, sessions, access } = deps;
  const { users, identities } = people;

  /** The text that confirms the deletion. */
  const wordOf = ({ email, name }: User) => email ?? name;

  const page = (c: Context, user: User, state: FormState, status?: 422) =>
    show(c, {
      title: "Delete your account",
      main: html`<h1>Delete your account</h1>
        <p class="lead">
          Your name, address, password, passkeys, sessions, roles in projects, and the tokens and
          invitations that you made go. What you started stays with its projects, under your name.
        </p>
        ${
          user.owner
            ? html`<p>You own this server, so your account stays.</p>`
            : postForm(state, {
                action: pagePaths.deleteAccount,
                button: "Delete my account",
                danger: true,
                back: pagePaths.account,
                fields: textField(state, {
                  ...{ name: "word", label: html`Type <strong>${wordOf(user)}</strong>` },
                  required: true,
                }),
              })
        }`,
      ...(status && { status }),
    });

  app.get(
    pagePaths.deleteAccount,
    ownPage(deps, { fresh: true }, (c, user) => page(c, user, UNTOUCHED)),
  );

  app.post(pagePaths.deleteAccount, async (c) => {
    const { user: sender } = await access.submitAccount(c, { fresh: true });
    const typed = await readForm(c);
    const user = await users.find(sender.id);
    if (!user || user.owner) return c.redirect(pagePaths.account, 303);
    if (fieldText(typed, "word").toLowerCase() !== wordOf(user).toLowerCase()) {
      const mistakes = { word: `Type ${wordOf(user)} to delete the account.` };
      return page(c, user, { typed, mistakes }, 422);
    }
    await sessions.end(c);
    await deps.removeUser(user.id);
    return c.redirect("/", 303);
  });

  app.post(pagePaths.accountGitHub, async (c) => {
    const { user: sender } = await access.submitAccount(c, { fresh: true });
    const subject = fieldText(await readForm(c), "subject");
    const user = await users.find(sender.id);
    if (user && !(await hasOtherWay(people, user, { gitHub: subject }))) {
      return show(c, {
        title: "Nothing was changed",
        status: 422,
        main: html`<h1>Nothing was changed.</h1>
          <p class="lead">GitHub is your only way to sign in. Add another way first.</p>
          <p class="alone"><a href="${pagePaths.account}">Your account</a></p>`,
      });
    }
    await identities.unlink(sender.id, subject);
    return c.redirect(pagePaths.account, 303);
  });
}
