import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import { ownPath } from "../../accounts/sessions.ts";
import { parseEmail } from "../../accounts/users/email.ts";
import { textField } from "../form/fields.ts";
import { postForm } from "../form/post-form.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { fieldText } from "../form/read-form.ts";
import { accountMails } from "./mails.ts";
import { nameField, newPasswordField, readName, readNewPassword } from "./new-password.ts";
import { AFTER_SIGN_IN, backField, withBack } from "./sign-in.ts";
import { waitWords, type AccountPagesDeps, type Show } from "./show.ts";
import { readStrangersForm } from "./strangers-form.ts";

/** The start page says what to do first. */
const AFTER_SIGN_UP = "/";

const INVITATION = /^\/invitations\/([\w-]+)$/;

/** Whether somebody who comes back to this page may create an account. */
export async function maySignUp(
  { people, isInvitation }: Pick<AccountPagesDeps, "people" | "isInvitation">,
  back: string | undefined,
): Promise<boolean> {
  if (people.signUp !== "invited") return people.signUp === "open";
  const code = INVITATION.exec(back ?? "")?.[1];
  return code !== undefined && isInvitation(code);
}

/**
 * Creates accounts. With a mail server the address comes first, and the link in the mail leads to name and password:
 * the page tells nobody who has an account, and nobody prepares an account for another's address.
 */
export function addSignUp(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, sessions, callers, url } = deps;
  const { users, links, limits, mails, gitHub } = people;

  const page = (c: Context, state: FormState, back: string | undefined, status?: 422 | 429) =>
    show(c, {
      title: "Create an account",
      main: html`<h1>Create an account</h1>
        ${postForm(state, {
          action: pagePaths.signUp,
          button: mails.enabled ? "Send me a link" : "Create the account",
          refused: mails.enabled ? "No mail was sent." : "No account was created.",
          primary: true,
          fields: [
            backField(back),
            ...(mails.enabled ? [] : [nameField(state)]),
            textField(state, {
              name: "email",
              label: "E-mail",
              type: "email",
              autocomplete: "email",
              required: true,
              ...(mails.enabled && {
                help: "A mail brings you a link. There you choose name and password.",
              }),
            }),
            ...(mails.enabled ? [] : [newPasswordField(state, "Password")]),
          ],
        })}
        ${
          gitHub
            ? html`<div class="ways">
                <a class="button" href="${withBack(pagePaths.gitHubSignIn, back)}"
                  >Continue with GitHub</a
                >
              </div>`
            : ""
        }
        <p>You have an account? <a href="${withBack(pagePaths.signInPage, back)}">Sign in</a>.</p>`,
      ...(status && { status }),
    });

  const refused = (c: Context) =>
    show(c, {
      title: "No new accounts",
      status: 403,
      main: html`<h1>
          ${people.signUp === "closed" ? "No new accounts here." : "Accounts are by invitation."}
        </h1>
        <p class="lead">
          ${
            people.signUp === "closed"
              ? "The owner of this server lets nobody create an account."
              : "Ask a member of a project for an invitation, and open its link."
          }
        </p>
        <p class="alone"><a href="${pagePaths.signInPage}">Sign in</a></p>`,
    });

  app.get(pagePaths.signUp, async (c) => {
    const back = ownPath(c.req.query("back") ?? "");
    if (await sessions.isSignedIn(c)) return c.redirect(back ?? AFTER_SIGN_IN, 303);
    if (c.req.query("sent") !== undefined) return show(c, lookIntoYourMail);
    return (await maySignUp(deps, back)) ? page(c, UNTOUCHED, back) : refused(c);
  });

  app.post(pagePaths.signUp, async (c) => {
    const typed = await readStrangersForm(c, url);
    const back = ownPath(typed.get("back") ?? "");
    if (!(await maySignUp(deps, back))) return refused(c);
    const email = parseEmail(fieldText(typed, "email"));
    if (email === undefined) {
      const mistakes = { email: "Type an address like ada@example.com." };
      return page(c, { typed, mistakes }, back, 422);
    }
    if (!mails.enabled) return createAtOnce(c, typed, { email, back });
    const waitS = limits.countMail(email, callers.caller(c));
    if (waitS > 0) {
      const mistakes = { email: `Too many mails were sent. Try again in ${waitWords(waitS)}.` };
      return page(c, { typed, mistakes }, back, 429);
    }
    // The same work for an address that has an account.
    const code = await links.make("sign-up", { user: null, email, back: back ?? null });
    const existing = await users.findByEmail(email);
    const mail = existing
      ? accountMails.hasAccount(email, url)
      : accountMails.signUp(email, url, code);
    mails.send(mail);
    return c.redirect(`${pagePaths.signUp}?sent`, 303);
  });

  /** For holders of an invitation, where no mail can confirm their address. */
  async function createAtOnce(
    c: Context,
    typed: URLSearchParams,
    { email, back }: { email: string; back: string | undefined },
  ): Promise<Response> {
    const { name, mistakes: nameMistakes } = readName(typed);
    const { password, mistakes: passwordMistakes } = readNewPassword(typed, [email, name]);
    const mistakes = { ...nameMistakes, ...passwordMistakes };
    if (Object.keys(mistakes).length > 0) return page(c, { typed, mistakes }, back, 422);
    const user = await users.create({ name, email, emailVerified: false, password });
    if (!user) {
      const taken = { email: "An account has this address. Sign in, or use another." };
      return page(c, { typed, mistakes: taken }, back, 422);
    }
    await sessions.begin(c, user.id);
    return c.redirect(back ?? AFTER_SIGN_UP, 303);
  }

  const linkPage = (c: Context, state: FormState, email: string, status?: 422) =>
    show(c, {
      title: "Create your account",
      main: html`<h1>Create your account</h1>
        <p class="lead">For ${email}.</p>
        ${postForm(state, {
          button: "Create the account",
          refused: "No account was created.",
          primary: true,
          fields: [usernameField(email), nameField(state), newPasswordField(state, "Password")],
        })}`,
      ...(status && { status }),
    });

  app.get(pagePaths.signUpLink(":code"), async (c) => {
    const link = await links.find("sign-up", c.req.param("code") ?? "");
    return link ? linkPage(c, UNTOUCHED, link.email) : show(c, usedUp(pagePaths.signUp));
  });

  app.post(pagePaths.signUpLink(":code"), async (c) => {
    const typed = await readStrangersForm(c, url);
    const code = c.req.param("code") ?? "";
    const link = await links.find("sign-up", code);
    if (!link) return show(c, usedUp(pagePaths.signUp));
    const { email } = link;
    const back = link.back === null ? undefined : ownPath(link.back);
    if (!(await maySignUp(deps, back))) return refused(c);
    const { name, mistakes: nameMistakes } = readName(typed);
    const { password, mistakes: passwordMistakes } = readNewPassword(typed, [email, name]);
    const mistakes = { ...nameMistakes, ...passwordMistakes };
    if (Object.keys(mistakes).length > 0) return linkPage(c, { typed, mistakes }, email, 422);
    // Used up first: of two requests at once, one creates the account.
    if (!(await links.take("sign-up", code))) return show(c, usedUp(pagePaths.signUp));
    const user = await users.create({ name, email, emailVerified: true, password });
    if (!user) return show(c, usedUp(pagePaths.signInPage));
    await sessions.begin(c, user.id);
    return c.redirect(back ?? AFTER_SIGN_UP, 303);
  });
}

/** Tells password managers whose password it is. */
export function usernameField(email: string) {
  return html`<input type="hidden" name="username" autocomplete="username" value="${email}" />`;
}

const lookIntoYourMail = {
  title: "Look into your mail",
  main: html`<h1>Look into your mail.</h1>
    <p class="lead">A link is on the way to the address that you typed.</p>
    <p>
      Nothing came after some minutes? Look among the spam, then
      <a href="${pagePaths.signUp}">try again</a>.
    </p>`,
};

/** For a link in a mail that is over. */
export function usedUp(again: string) {
  return {
    title: "This link is used up",
    status: 403 as const,
    main: html`<h1>This link is used up.</h1>
      <p class="lead">
        A link works once, and for some hours. <a href="${again}">Ask for another</a>.
      </p>`,
  };
}
