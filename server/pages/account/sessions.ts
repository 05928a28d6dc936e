import { html } from "hono/html";
import type { Hono } from "hono";
import type { UserTokenView } from "../../accounts/user-tokens.ts";
import type { SessionView } from "../../../protocol/people.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { postButton } from "../form/post-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import type { AccountPagesDeps } from "./show.ts";
import { hidden, tableHead } from "../table-head.ts";

/** Ends one of one's own sessions, or logins of programs. */
export function addSessions(app: Hono, deps: AccountPagesDeps): void {
  app.post(pagePaths.accountSession(":id"), async (c) => {
    const { user } = await deps.access.submitAccount(c);
    await deps.sessionList.end(c.req.param("id") ?? "", user.id);
    return c.redirect(pagePaths.account, 303);
  });

  app.post(pagePaths.accountLogin(":id"), async (c) => {
    const { user } = await deps.access.submitAccount(c);
    await deps.userTokens.revokeOf(user.id, c.req.param("id") ?? "");
    return c.redirect(pagePaths.account, 303);
  });
}

/** The programs that `deferred login` signed in. */
export function loginsSection(logins: readonly UserTokenView[], now: number): Html | "" {
  if (logins.length === 0) return "";
  return html`<h2>Programs</h2>
    <p>Programs that act as you, by <code>deferred login</code>.</p>
    <table class="rows">
      ${tableHead("Program", "Began", "Last used", "End")}
      <tbody>
        ${logins.map(
          ({ id, name, createdAt, usedAt }) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${agoTime(createdAt, now)}</td>
              <td>${usedAt === null ? "never" : agoTime(usedAt, now)}</td>
              <td>${postButton(pagePaths.accountLogin(id), "End", { label: `End ${name}` })}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** The browsers that are signed in. `here` is the session of this one. */
export function sessionsSection(sessions: readonly SessionView[], here: string, now: number): Html {
  return html`<h2>Sessions</h2>
    <p>Browsers in which you are signed in.</p>
    <table class="rows">
      ${tableHead("Browser", "Signed in", "Last used", hidden("End"))}
      <tbody>
        ${sessions.map(({ id, agent, began_at, last_used_at }) => {
          const name = browserName(agent);
          return html`<tr>
            <th scope="row">${name}</th>
            <td>${agoTime(Date.parse(began_at), now)}</td>
            <td>${agoTime(Date.parse(last_used_at), now)}</td>
            <td>
              ${
                id === here
                  ? "This browser"
                  : postButton(pagePaths.accountSession(id), "End", { label: `End ${name}` })
              }
            </td>
          </tr>`;
        })}
      </tbody>
    </table>`;
}

const BROWSERS = [
  /\b(Edg)[e/]/,
  /\b(Firefox)\//,
  /\b(Chrome|Chromium)\//,
  /\b(Safari)\//,
  /^([\w-]{1,30})/,
];
const SYSTEMS = [
  /\b(Android)\b/,
  /\b(iPhone|iPad)\b/,
  /\b(Windows)\b/,
  /\b(Mac)intosh\b/,
  /\b(Linux)\b/,
];

/** Browser and system of a User-Agent, in words. */
function browserName(agent: string): string {
  const first = (patterns: readonly RegExp[]) =>
    patterns.flatMap((pattern) => pattern.exec(agent)?.[1] ?? [])[0];
  const [browser = "Unknown browser", system] = [first(BROWSERS), first(SYSTEMS)];
  const name = browser === "Edg" ? "Edge" : browser;
  return system === undefined ? name : `${name} on ${system}`;
}
