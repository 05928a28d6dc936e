import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { pagePaths } from "../../../protocol/paths.ts";
import type { User } from "../../accounts/users/users.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import type { PasskeyView } from "../../accounts/users/passkeys.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { postButton, postForm } from "../form/post-form.ts";
import { readForm } from "../form/read-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { nameField, readName } from "./new-password.ts";
import { passkeysMissingWords } from "./passkey-pages.ts";
import { loginsSection, sessionsSection } from "./sessions.ts";
import { withBack } from "./sign-in.ts";
import type { AccountPagesDeps, Show } from "./show.ts";
import { tableHead } from "../table-head.ts";

/** One's own account: who one is, and each way to sign in. */
export function addAccount(app: Hono, show: Show, deps: AccountPagesDeps): void {
  const { people, access, url, now } = deps;
  const { users, passkeys, identities, mails, gitHub } = people;

  async function page(
    c: Context,
    { session, user: { id } }: SignedIn,
    state: FormState = UNTOUCHED,
    status?: 422,
  ) {
    const user = await users.find(id);
    if (!user) return c.redirect(pagePaths.signInPage, 303);
    return show(c, {
      title: "Your account",
      main: html`<div class="account">
        <h1>Your account</h1>
        ${profile(user, state)} ${emailSection(user, mails.enabled)}
        <h2>Password</h2>
        <p>
          ${user.hasPassword ? "You have a password." : "You have no password."}
          <a href="${pagePaths.accountPassword}">${user.hasPassword ? "Change it" : "Set one"}</a>
        </p>
        ${passkeysSection(await passkeys.list(id), { missing: passkeys.missing, url, now: now() })}
        ${gitHub ? gitHubSection(await identities.list(id)) : ""}
        ${sessionsSection(await deps.sessionList.list(id), session.id, now())}
        ${loginsSection(await deps.userTokens.listOf(id), now())}
        <h2>Leave</h2>
        <p>
          ${
            user.owner
              ? "You own this server, so your account stays."
              : html`<a href="${pagePaths.deleteAccount}">Delete your account</a>`
          }
        </p>
      </div>`,
      ...(status && { status }),
    });
  }

  app.get(pagePaths.account, async (c) => {
    const signedIn = await access.currentUser(c);
    if (!signedIn) return c.redirect(withBack(pagePaths.signInPage, pagePaths.account), 303);
    return page(c, signedIn);
  });

  app.post(pagePaths.accountName, async (c) => {
    const signedIn = await access.submitAccount(c);
    const typed = await readForm(c);
    const { name, mistakes } = readName(typed);
    if (mistakes["name"] !== undefined) return page(c, signedIn, { typed, mistakes }, 422);
    await users.setName(signedIn.user.id, name);
    return c.redirect(pagePaths.account, 303);
  });
}

function profile(user: User, state: FormState): Html {
  return postForm(state, {
    action: pagePaths.accountName,
    button: "Save",
    fields: nameField(state, user.name),
  });
}

function emailSection({ email, emailVerified }: User, canConfirm: boolean): Html {
  return html`<h2>E-mail</h2>
    <p>
      ${email === null ? "You gave no address." : html`Your address is <strong>${email}</strong>.`}
      ${email !== null && !emailVerified && canConfirm ? "(not confirmed)" : ""}
      <a href="${pagePaths.accountEmail}">${email === null ? "Give one" : "Change it"}</a>
    </p>
    ${
      email !== null && !emailVerified && canConfirm
        ? postButton(pagePaths.accountEmail, "Send the confirmation again", { fields: { email } })
        : ""
    }`;
}

interface PasskeysSectionOptions {
  missing: "address" | "http" | undefined;
  url: string;
  now: number;
}

function passkeysSection(
  passkeys: readonly PasskeyView[],
  { missing, url, now }: PasskeysSectionOptions,
): Html {
  return html`<h2 id="passkeys">Passkeys</h2>
    <p>
      A passkey signs you in by your device: a fingerprint, a face or a PIN. It can’t be guessed or
      phished.
    </p>
    ${
      passkeys.length === 0
        ? ""
        : html`<table class="rows">
            ${tableHead("Passkey", "Added", "Last used")}
            <tbody>
              ${passkeys.map(
                ({ id, name, createdAt, usedAt }) =>
                  html`<tr>
                    <th scope="row"><a href="${pagePaths.passkey(id)}">${name}</a></th>
                    <td>${agoTime(createdAt, now)}</td>
                    <td>${usedAt === null ? "never" : agoTime(usedAt, now)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    ${
      missing
        ? html`<p class="help">${passkeysMissingWords(missing, url)}</p>`
        : html`<p><a class="button" href="${pagePaths.newPasskey}">Add a passkey</a></p>`
    }`;
}

function gitHubSection(accounts: readonly { subject: string; login: string }[]): Html {
  return html`<h2>GitHub</h2>
    ${accounts.map(
      ({ subject, login }) =>
        html`<div class="buttons">
          <span><strong>${login}</strong> signs you in.</span>
          ${postButton(pagePaths.accountGitHub, "Disconnect", {
            label: `Disconnect ${login}`,
            fields: { subject },
          })}
        </div>`,
    )}
    ${
      accounts.length === 0
        ? html`<p><a class="button" href="${pagePaths.gitHubSignIn}?connect">Connect GitHub</a></p>`
        : ""
    }`;
}
