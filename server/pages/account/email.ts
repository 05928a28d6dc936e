import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { parseEmail } from "../../accounts/users/email.ts";
import type { User } from "../../accounts/users/users.ts";
import { textField } from "../form/fields.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { fieldText } from "../form/read-form.ts";
import { ownPage } from "./own-page.ts";
import { accountMails } from "./mails.ts";
import { usedUp } from "./sign-up.ts";
import { waitWords, type AccountPagesDeps, type Show } from "./show.ts";
import { readStrangersForm } from "./strangers-form.ts";

/** Changes the address of an account. With a mail server, a link that goes to the new address changes it. */
export function addEmail(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, access, callers, url } = deps;
  const { users, links, limits, mails } = people;

  const page = (c: Context, user: User, state: FormState, status?: 422 | 429) =>
    show(c, {
      title: "Change your e-mail address",
      main: html`<h1>
          ${user.email === null ? "Give an e-mail address" : "Change your e-mail address"}
        </h1>
        ${postForm(state, {
          action: pagePaths.accountEmail,
          button: mails.enabled ? "Send me a link" : "Save",
          primary: true,
          back: pagePaths.account,
          fields: textField(state, {
            ...{ name: "email", label: "New address", type: "email" },
            ...{ autocomplete: "email", required: true },
            help: mails.enabled
              ? "A mail brings you a link. Your address changes when you open it."
              : "You sign in with it.",
          }),
        })}`,
      ...(status && { status }),
    });

  app.get(
    pagePaths.accountEmail,
    ownPage(deps, { fresh: true }, (c, user) => page(c, user, UNTOUCHED)),
  );

  app.post(pagePaths.accountEmail, async (c) => {
    const typed = await readStrangersForm(c, url);
    const email = parseEmail(fieldText(typed, "email"));
    const signedIn = await access.currentUser(c);
    // To confirm the address that one has changes nothing.
    const again = email !== undefined && email === signedIn?.user.email;
    const { user: sender } = await access.submitAccount(c, { fresh: !again });
    const user = await users.find(sender.id);
    if (!user) return c.redirect(pagePaths.signInPage, 303);
    const refuse = (sentence: string, status: 422 | 429 = 422) =>
      page(c, user, { typed, mistakes: { email: sentence } }, status);
    if (email === undefined) return refuse("Type an address like ada@example.com.");
    if (!mails.enabled) {
      const changed = await users.setEmail(user.id, email, { verified: false });
      if (!changed) return refuse("An account has this address.");
      await links.endAll(user.id);
      return c.redirect(pagePaths.account, 303);
    }
    const waitS = limits.countMail(email, callers.caller(c));
    if (waitS > 0)
      return refuse(`Too many mails were sent. Try again in ${waitWords(waitS)}.`, 429);
    const code = await links.make("email", { user: user.id, email, back: null });
    const existing = await users.findByEmail(email);
    // Another account's address learns of it, and the page says the same.
    const isFree = existing === undefined || existing.id === user.id;
    mails.send(
      isFree ? accountMails.confirm(email, url, code) : accountMails.hasAccount(email, url),
    );
    return show(c, lookIntoYourMail);
  });

  /** A link for the user. Whose address a stranger typed must not confirm it for the stranger's account. */
  const linkOf = async (c: Context, user: string) => {
    const link = await links.find("email", c.req.param("code") ?? "");
    return link?.user === user ? link : undefined;
  };

  app.get(
    pagePaths.confirmEmail(":code"),
    ownPage(deps, {}, async (c, user) => {
      const link = await linkOf(c, user.id);
      if (!link) return show(c, usedUp(pagePaths.account));
      // Programs that check mails open links, but press no buttons.
      return show(c, {
        title: "Confirm your address",
        main: html`<h1>Confirm your address</h1>
          <p class="lead">${link.email}, for the account of ${user.name}.</p>
          ${postForm(UNTOUCHED, { button: "Confirm", primary: true, fields: "" })}`,
      });
    }),
  );

  app.post(pagePaths.confirmEmail(":code"), async (c) => {
    const { user: sender } = await access.submitAccount(c);
    const isOwn = (await linkOf(c, sender.id)) !== undefined;
    const link = isOwn ? await links.take("email", c.req.param("code") ?? "") : undefined;
    const user = await users.find(sender.id);
    if (!link || !user) return show(c, usedUp(pagePaths.account));
    if (!(await users.setEmail(user.id, link.email, { verified: true }))) {
      return show(c, usedUp(pagePaths.account));
    }
    if (user.email !== link.email) {
      // Links to the address before must not sign in any more.
      await links.endAll(user.id);
      if (user.email !== null && user.emailVerified) {
        mails.send(accountMails.changed(user.email, url, "Your e-mail address was changed"));
      }
    }
    return c.redirect(pagePaths.account, 303);
  });
}

const lookIntoYourMail = {
  title: "Look into your mail",
  main: html`<h1>Look into your mail.</h1>
    <p class="lead">A link is on the way to the address that you typed.</p>
    <p class="alone"><a href="${pagePaths.account}">Your account</a></p>`,
};
