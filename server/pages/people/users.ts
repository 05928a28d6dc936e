import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { UserView } from "../../../protocol/people.ts";
import type { Membership } from "../../accounts/leavers.ts";
import { agoTime } from "../format.ts";
import { UNTOUCHED } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import type { Html } from "../layout.ts";
import { tableHead } from "../table-head.ts";

/** A user with their roles in projects. */
export interface UserWithRoles extends UserView {
  memberships: readonly Membership[];
}

export interface UsersPageOptions {
  users: readonly UserWithRoles[];
  /** There are more than these. */
  more: boolean;
  search: string;
  /** The id of who reads the page. */
  reader: string;
  now: number;
}

/** Projects of a user that the list names. */
const NAMED = 6;

/** The users of the server, each with a link that removes them. */
export function usersPage({ users, more, search, reader, now }: UsersPageOptions): Html {
  return html`<h1>Users</h1>
    <p class="lead">
      Everybody with an account on this server. Remove who leaves: sessions, logins, roles and ways
      to sign in end at once.
    </p>
    <form class="filter" role="search" action="${pagePaths.users}">
      <label
        >Name or address <input type="search" name="q" value="${search}" maxlength="100"
      /></label>
      <button>Search</button>
    </form>
    ${
      users.length === 0
        ? html`<p>Nobody fits. <a href="${pagePaths.users}">All users</a></p>`
        : table(users, { reader, now })
    }
    ${more ? html`<p class="quiet">There are more: search for a name or an address.</p>` : ""}
    <p class="quiet">
      A project’s owners invite people on its page Members.
      <a href="${pagePaths.audit}">Audit</a>
    </p>`;
}

function table(
  users: readonly UserWithRoles[],
  { reader, now }: Pick<UsersPageOptions, "reader" | "now">,
): Html {
  return html`<table class="rows">
    ${tableHead("Name", "Projects", "Last seen", "Remove")}
    <tbody>
      ${users.map((user) => row(user, { reader, now }))}
    </tbody>
  </table>`;
}

function row(
  { id, name, email, owner, memberships, last_used_at: seen }: UserWithRoles,
  { reader, now }: Pick<UsersPageOptions, "reader" | "now">,
): Html {
  return html`<tr>
    <th scope="row" class="text">
      ${name}${id === reader ? " (you)" : ""} ${email === null ? "" : html`<small>${email}</small>`}
    </th>
    <td class="text">
      ${owner ? html`the server’s owner` : memberships.length === 0 ? "none" : rolesOf(memberships)}
    </td>
    <td class="when">${seen === null ? "not since a sign-out" : agoTime(Date.parse(seen), now)}</td>
    <td>
      ${
        owner
          ? ""
          : html`<a href="${pagePaths.removeUser(id)}" aria-label="Remove ${name}">Remove</a>`
      }
    </td>
  </tr>`;
}

function rolesOf(memberships: readonly Membership[]): Html {
  const named = memberships.slice(0, NAMED);
  const left = memberships.length - named.length;
  return html`${named.map(
    ({ slug, role }, at) =>
      html`${at === 0 ? "" : ", "}<a href="${pagePaths.members(slug)}">${slug}</a> ${role}`,
  )}${left === 0 ? "" : ` and ${left} more`}`;
}

/** Asks before a user is removed, and says what goes and what stays. */
export function removeUserPage({ name, email, memberships }: UserWithRoles): Html {
  return html`<h1>Remove ${name}?</h1>
    <p class="lead">
      The account${email === null ? "" : html` ${email}`} goes. Sessions, logins, ways to sign in,
      roles and open invitations of ${name} end at once. This can’t be undone.
    </p>
    ${
      memberships.length === 0
        ? html`<p>${name} is a member of no project.</p>`
        : html`<table class="rows">
            ${tableHead("Project", "Role", "Then")}
            <tbody>
              ${memberships.map(
                ({ slug, role, lastOwner }) =>
                  html`<tr>
                    <th scope="row"><a href="${pagePaths.members(slug)}">${slug}</a></th>
                    <td>${role}</td>
                    <td class="text">
                      ${lastOwner ? "has no owner but the server’s" : "loses this member"}
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    <p>
      What ${name} started stays with its projects, under that name. API tokens that ${name} made
      end too. Others that ${name} knows stay: revoke those in the projects’ settings.
    </p>
    ${postForm(UNTOUCHED, {
      button: `Remove ${name}`,
      danger: true,
      back: pagePaths.users,
      fields: "",
    })}`;
}
