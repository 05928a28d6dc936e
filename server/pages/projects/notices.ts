import { html } from "hono/html";
import type { Notice } from "../../../protocol/notices.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { olderLink } from "./shell.ts";
import { duration } from "../../../protocol/words.ts";
import { tableHead } from "../table-head.ts";

/** The notices of a project's runs and their outcomes. */
export function noticesPage(
  slug: string,
  { notices, older }: { notices: readonly Notice[]; older: string | undefined },
  labels: ReadonlyMap<string, string>,
  now: number,
): Html {
  return html`<h1>Notices</h1>
    <p class="lead">Mails, commit statuses and webhooks that tell others how runs went.</p>
    ${
      notices.length === 0
        ? html`<p>
            None was sent yet. Mails and webhooks are set up
            <a href="${pagePaths.telling(slug)}">in the settings</a>; commit statuses need
            <a href="${pagePaths.repository(slug)}">a token of the repository’s host</a>.
          </p>`
        : html`<table class="rows">
            ${tableHead("Notice", "To", "State", "Last answer", "Run", "When")}
            <tbody>
              ${notices.map(
                (notice) =>
                  html`<tr>
                    <th scope="row">
                      ${labels.get(notice.kind) ?? notice.kind} <small>${notice.what}</small>
                    </th>
                    <td class="text">${notice.target}</td>
                    <td>${stateOf(notice, now)}</td>
                    <td class="text">${notice.answer ?? ""}</td>
                    <td><a href="${pagePaths.run(slug, notice.run)}">Run</a></td>
                    <td class="when">${agoTime(Date.parse(notice.created_at), now)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    ${olderLink(older)}`;
}

function stateOf({ state, tries, next_at }: Notice, now: number): Html | string {
  if (state === "sent") return "Sent";
  if (state === "given_up") return "Given up";
  if (tries === 0) return "Waiting";
  const wait = next_at === null ? 0 : Math.max(0, Date.parse(next_at) - now) / 1000;
  return html`Tried ${tries === 1 ? "once" : `${tries} times`}
    <small>again in ${duration(wait)}</small>`;
}
