import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { parseEmail } from "../../accounts/users/email.ts";
import { textField } from "../form/fields.ts";
import { postForm } from "../form/post-form.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { fieldText } from "../form/read-form.ts";
import { accountMails } from "./mails.ts";
import { newPasswordField, readNewPassword } from "./new-password.ts";
import { usedUp, usernameField } from "./sign-up.ts";
import { waitWords, type AccountPagesDeps, type Show } from "./show.ts";
import { readStrangersForm } from "./strangers-form.ts";

/** Lets people choose a new password by a link in a mail. */
export function addResetPassword(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, sessions, callers, url } = deps;
  const { users, links, limits, mails } = people;

  const page = (c: Context, state: FormState, status?: 422 | 429) =>
    show(c, {
      title: "Forgot your password?",
      main: mails.enabled
        ? html`<h1>Forgot your password?</h1>
            ${postForm(state, {
              action: pagePaths.resetPassword,
              button: "Send me a link",
              refused: "No mail was sent.",
              primary: true,
              back: pagePaths.signInPage,
              fields: textField(state, {
                name: "email",
                label: "E-mail",
                type: "email",
                autocomplete: "username",
                help: "A mail brings you a link. There you choose a new password.",
                required: true,
              }),
            })}`
        : html`<h1>This server sends no mail.</h1>
            <p class="lead">Sign in with a passkey or GitHub, or ask the owner of the server.</p>
            <p class="alone"><a href="${pagePaths.signInPage}">Sign in</a></p>`,
      ...(status && { status }),
    });

  app.get(pagePaths.resetPassword, (c) =>
    c.req.query("sent") === undefined ? page(c, UNTOUCHED) : show(c, lookIntoYourMail),
  );

  app.post(pagePaths.resetPassword, async (c) => {
    const typed = await readStrangersForm(c, url);
    if (!mails.enabled) return page(c, UNTOUCHED);
    const email = parseEmail(fieldText(typed, "email"));
    if (email === undefined) {
      const mistakes = { email: "Type an address like ada@example.com." };
      return page(c, { typed, mistakes }, 422);
    }
    const waitS = limits.countMail(email, callers.caller(c));
    if (waitS > 0) {
      const mistakes = { email: `Too many mails were sent. Try again in ${waitWords(waitS)}.` };
      return page(c, { typed, mistakes }, 429);
    }
    const found = await users.findByEmail(email);
    // An address that nobody confirmed may be mistyped, and its mails another's.
    const user = found?.owner && !found.emailVerified ? undefined : found;
    // The same work for an address without an account; nobody gets this link.
    const code = await links.make("reset", { user: user?.id ?? null, email, back: null });
    if (user) mails.send(accountMails.reset(email, url, code));
    return c.redirect(`${pagePaths.resetPassword}?sent`, 303);
  });

  const linkPage = (c: Context, state: FormState, email: string, status?: 422) =>
    show(c, {
      title: "Choose a new password",
      main: html`<h1>Choose a new password</h1>
        <p class="lead">For ${email}. It signs you out everywhere else, programs too.</p>
        ${postForm(state, {
          button: "Set the password",
          primary: true,
          fields: [usernameField(email), newPasswordField(state, "New password")],
        })}`,
      ...(status && { status }),
    });

  app.get(pagePaths.resetPasswordLink(":code"), async (c) => {
    const link = await links.find("reset", c.req.param("code") ?? "");
    return link ? linkPage(c, UNTOUCHED, link.email) : show(c, usedUp(pagePaths.resetPassword));
  });

  app.post(pagePaths.resetPasswordLink(":code"), async (c) => {
    const typed = await readStrangersForm(c, url);
    const code = c.req.param("code") ?? "";
    const link = await links.find("reset", code);
    const user = link && link.user !== null ? await users.find(link.user) : undefined;
    if (!link || !user) return show(c, usedUp(pagePaths.resetPassword));
    const { password, mistakes } = readNewPassword(typed, [link.email, user.name]);
    if (mistakes["password"] !== undefined) {
      return linkPage(c, { typed, mistakes }, link.email, 422);
    }
    if (!(await links.take("reset", code))) return show(c, usedUp(pagePaths.resetPassword));
    await users.setPassword(user.id, password);
    await links.endAll(user.id);
    await sessions.endAll(user.id);
    await deps.userTokens.revokeAllOf(user.id);
    // Who prepared an account for another's address keeps no way into it.
    if (!user.emailVerified) await people.removeOtherWays(user.id);
    // The link came to this address.
    await users.setEmail(user.id, link.email, { verified: true });
    mails.send(accountMails.changed(link.email, url, "Your password was changed"));
    await sessions.begin(c, user.id);
    return c.redirect(pagePaths.account, 303);
  });
}

const lookIntoYourMail = {
  title: "Look into your mail",
  main: html`<h1>Look into your mail.</h1>
    <p class="lead">If an account has the address that you typed, a link is on the way.</p>
    <p>
      Nothing came after some minutes? Look among the spam, then
      <a href="${pagePaths.resetPassword}">try again</a>.
    </p>`,
};
