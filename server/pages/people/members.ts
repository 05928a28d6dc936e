import { html } from "hono/html";
import type { Invitation, MadeInvitation, Member } from "../../../protocol/members.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { ROLES, ROLE_WORDS } from "../../../protocol/roles.ts";
import { copyable } from "../copyable.ts";
import { agoTime } from "../format.ts";
import { radioField, textField } from "../form/fields.ts";
import type { FormState } from "../form/mistakes.ts";
import { postButton, postForm } from "../form/post-form.ts";
import type { Html } from "../layout.ts";
import { tableHead } from "../table-head.ts";

export interface MembersPageOptions {
  slug: string;
  members: readonly Member[];
  /** The id of who reads the page. */
  reader: string;
  /** For owners of the project. */
  owner:
    | { invitations: readonly Invitation[]; made: MadeInvitation | undefined; mails: boolean }
    | undefined;
  state: FormState;
  now: number;
}

/** Who may do what in a project. Owners change it here. */
export function membersPage(options: MembersPageOptions): Html {
  const { slug, members, owner, state } = options;
  return html`<h1>Members</h1>
    ${owner?.made ? madeInvitation(owner.made) : ""}
    ${
      members.length === 0
        ? html`<p class="lead">Only the server’s owner may see this project.</p>`
        : table(options)
    }
    ${
      owner === undefined
        ? ""
        : html`<h2>Invite somebody</h2>
            ${postForm(state, {
              action: pagePaths.members(slug),
              button: "Make the invitation",
              primary: true,
              fields: [
                radioField(state, {
                  name: "role",
                  label: "Role",
                  value: "runner",
                  choices: ROLES.map((role) => [role, role, ROLE_WORDS[role]] as const),
                }),
                owner.mails
                  ? textField(state, {
                      name: "email",
                      label: "E-mail address",
                      help: "The link is sent there. Leave it empty to copy the link yourself.",
                      type: "email",
                    })
                  : "",
              ],
            })}
            ${invitationsTable(slug, owner.invitations)}`
    }`;
}

function madeInvitation({ url, role, mailed, expires_at }: MadeInvitation): Html {
  return html`<div class="status succeeded" role="status">
    <div>
      <p><strong>The invitation is made.</strong></p>
      <p>
        Whoever opens this link first and signs in becomes ${role}.
        ${mailed ? "A mail with it is on its way. " : ""}It works until ${expires_at.slice(0, 10)},
        and is shown once:
      </p>
      ${copyable("invitation", url, "Copy the link")}
    </div>
  </div>`;
}

function table({ slug, members, reader, owner, now }: MembersPageOptions): Html {
  return html`<table class="rows">
    ${tableHead("Name", "Role", "Since", ...(owner ? ["Remove"] : []))}
    <tbody>
      ${members.map(
        ({ user, name, email, role, since }) =>
          html`<tr>
            <th scope="row" class="text">
              ${name}${user === reader ? " (you)" : ""}
              ${owner && email !== null ? html`<small>${email}</small>` : ""}
            </th>
            <td>${owner ? roleForm(slug, { user, name, role }) : role}</td>
            <td class="when">${agoTime(Date.parse(since), now)}</td>
            ${
              owner
                ? html`<td>
                    <a
                      class="button"
                      href="${pagePaths.removeMember(slug, user)}"
                      aria-label="Remove ${name} from ${slug}"
                      >Remove</a
                    >
                  </td>`
                : ""
            }
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function roleForm(
  slug: string,
  { user, name, role }: Pick<Member, "user" | "name" | "role">,
): Html {
  return html`<form class="inline" method="post" action="${pagePaths.member(slug, user)}">
    <select name="role" aria-label="Role of ${name}">
      ${ROLES.map(
        (one) => html`<option value="${one}" ${one === role ? html`selected` : ""}>${one}</option>`,
      )}
    </select>
    <button aria-label="Change the role of ${name}">Change</button>
  </form>`;
}

function invitationsTable(slug: string, invitations: readonly Invitation[]): Html | "" {
  if (invitations.length === 0) return "";
  return html`<h2>Open invitations</h2>
    <table class="rows">
      ${tableHead("Role", "By", "Until", "Withdraw")}
      <tbody>
        ${invitations.map(
          ({ id, role, invited_by, expires_at }) =>
            html`<tr>
              <th scope="row">${role}</th>
              <td class="name">${invited_by}</td>
              <td>${expires_at.slice(0, 10)}</td>
              <td>
                ${postButton(pagePaths.withdrawInvitation(slug, id), "Withdraw", {
                  label: `Withdraw the invitation as ${role} by ${invited_by}`,
                })}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** Asks before a member is removed. */
export function removeMemberPage(slug: string, { name, role }: Member): Html {
  return html`<h1>Remove ${name} from ${slug}?</h1>
    <p class="lead">
      ${name} is ${role} there, and may then neither read nor change the project, by browser or by
      login. Invitations and API tokens that ${name} made end too; revoke others that ${name} knows.
    </p>
    <form class="form" method="post">
      <p class="buttons">
        <button class="danger">Remove ${name}</button>
        <a href="${pagePaths.members(slug)}">Cancel</a>
      </p>
    </form>`;
}
