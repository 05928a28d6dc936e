import { html } from "hono/html";
import type { Invitation } from "../../../protocol/members.ts";
import { ROLES, type Role } from "../../../protocol/roles.ts";
import { agoTime } from "../format.ts";
import { postForm } from "../form/post-form.ts";
import { UNTOUCHED } from "../form/mistakes.ts";
import type { Html } from "../layout.ts";

/** The rights that each role adds to those before it. */
const ROLE_ABILITIES: Record<Role, string> = {
  viewer: "read the project, its runs and their output",
  runner: "start and cancel runs, replay deliveries and wake machines",
  maintainer: "change settings, secrets, signing keys, hooks and blocks",
  owner: "decide who the members are, make tokens and remove the project",
};

/** Asks whether to become a member of a project. */
export function invitationPage(invitation: Invitation, { name }: { name: string }): Html {
  const { project, role, invited_by } = invitation;
  return html`<h1>Join ${project}?</h1>
    <p class="lead">An invitation by ${invited_by}, as <strong>${role}</strong>.</p>
    <p>With this role you may do all of this:</p>
    <ul>
      ${ROLES.slice(0, ROLES.indexOf(role) + 1).map((one) => html`<li>${ROLE_ABILITIES[one]}</li>`)}
    </ul>
    ${postForm(UNTOUCHED, {
      button: `Join as ${name}`,
      primary: true,
      back: "/",
      fields: "",
    })}
    <p class="quiet">The link works once, until ${invitation.expires_at.slice(0, 10)}.</p>`;
}

export interface ShownLogin {
  userCode: string;
  host: string;
  address: string;
  askedAt: number;
}

/** Asks for the code that a program shows. */
export function codePage(mistake: string | undefined): Html {
  return html`<h1>Log a program in</h1>
    <p class="lead">Enter the code that <code>deferred login</code> shows in your terminal.</p>
    <form class="form" method="get">
      ${mistake === undefined ? "" : html`<p class="mistake" id="mistake" role="alert">${mistake}</p>`}
      <div class="field">
        <label for="user_code">Code</label>
        <input
          id="user_code"
          name="user_code"
          type="text"
          class="code"
          size="12"
          maxlength="20"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          placeholder="BCDF-GHJK"
          required
        />
      </div>
      <p class="buttons"><button class="action">Continue</button></p>
    </form>`;
}

/** Says what is approved, and asks. */
export function approvalPage(
  login: ShownLogin,
  { name, now }: { name: string; now: number },
): Html {
  return html`<h1>Log in on ${login.host}?</h1>
    <p class="lead">
      A program on a machine that calls itself <strong>${login.host}</strong> asks to act as
      <strong>${name}</strong> for 90 days, with all of your roles.
    </p>
    <dl class="facts">
      <div>
        <dt>Code</dt>
        <dd><code>${login.userCode}</code></dd>
      </div>
      <div>
        <dt>Asked</dt>
        <dd>${agoTime(login.askedAt, now)}, from ${login.address}</dd>
      </div>
    </dl>
    <p>
      Approve it only if you started <code>deferred login</code> yourself, and your terminal shows
      this code. If somebody sent you here, deny it.
    </p>
    <form class="form" method="post">
      <input type="hidden" name="user_code" value="${login.userCode}" />
      <p class="buttons">
        <button class="action" name="decision" value="approve">Approve</button>
        <button name="decision" value="deny">Deny</button>
      </p>
    </form>`;
}

/** The page after the decision. */
export function decidedPage(approved: boolean): Html {
  return approved
    ? html`<h1>Logged in.</h1>
        <p class="lead">Go back to your terminal. You can close this page.</p>
        <p><code>deferred logout</code> there ends it; so does removing the account.</p>`
    : html`<h1>Denied.</h1>
        <p class="lead">The program that asked gets no access.</p>`;
}
