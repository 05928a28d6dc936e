import { html } from "hono/html";
import { safeParse } from "valibot";
import { pagePaths } from "../../../../protocol/paths.ts";
import {
  DEFAULT_TOKEN_S,
  MAX_TOKEN_S,
  NewTokenSchema,
  type TokenScope,
  type TokenView,
} from "../../../../protocol/tokens.ts";
import { makerOf } from "../../../accounts/grant.ts";
import type { Tokens } from "../../../accounts/tokens.ts";
import { copyable } from "../../copyable.ts";
import { radioField, selectField, textField } from "../../form/fields.ts";
import { FormError } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldText } from "../../form/read-form.ts";
import { agoTime } from "../../format.ts";
import type { Html } from "../../layout.ts";
import type { FormPage } from "../form-page.ts";
import type { May } from "../project-tabs.ts";
import type { ServePage } from "../serve-page.ts";
import { confirmationPage } from "./confirmation.ts";
import { doneAt, settingsPage } from "./settings-page.ts";
import { ACTIONS, tableHead } from "../../table-head.ts";

const DAY_S = 86_400;
const EXPIRIES = [
  [String(7 * DAY_S), "in 7 days"],
  [String(30 * DAY_S), "in 30 days"],
  [String(DEFAULT_TOKEN_S), "in 90 days"],
  [String(MAX_TOKEN_S), "in a year"],
] as const;

/** The rights of tokens of each scope, in words. */
const SCOPE_WORDS: Record<TokenScope, string> = {
  read: "Read",
  run: "Read and run",
  admin: "Read, run and change settings",
};

/** The API tokens of a project. */
export function addTokensPage(page: ServePage, tokens: Pick<Tokens, "list">): void {
  page(
    pagePaths.tokens(":owner/:name"),
    async (c, { project: { slug }, may, now }) =>
      settingsPage(c, {
        slug,
        tab: "tokens",
        heading: "API tokens",
        lead: "For programs that act for this project, such as another CI. Each works for this project alone.",
        main: html`${table(slug, await tokens.list(slug), now)} ${newLink(slug, may)}`,
      }),
    { scope: "admin" },
  );
}

function newLink(slug: string, may: May): Html {
  if (!may("own")) return html`<p class="quiet">The project’s owners make new ones.</p>`;
  return html`<p class="buttons">
    <a class="button action" href="${pagePaths.newToken(slug)}">New token</a>
  </p>`;
}

/** Makes a token and shows it once. */
export function tokenForm(tokens: Pick<Tokens, "create">): FormPage {
  return {
    path: pagePaths.newToken(":owner/:name"),
    // A maintainer who leaves would otherwise keep a token of their own making.
    scope: "own",
    fresh: true,

    async show(c, { project: { slug } }, state) {
      return settingsPage(c, {
        slug,
        tab: "tokens",
        heading: "New API token",
        lead: "It is shown once, on the next page.",
        main: postForm(state, {
          button: "Make the token",
          primary: true,
          back: pagePaths.tokens(slug),
          fields: [
            textField(state, {
              name: "name",
              label: "Name",
              help: "What it is for: the name stands beside what the token does.",
              maxLength: 100,
              size: 32,
              required: true,
            }),
            radioField(state, {
              name: "scope",
              label: "It may",
              value: "run",
              choices: [
                ["read", SCOPE_WORDS.read, "Runs, commits, deliveries, settings."],
                ["run", SCOPE_WORDS.run, "Also starts and cancels runs, and replays deliveries."],
                ["admin", SCOPE_WORDS.admin, "Also secrets, keys and webhooks."],
              ],
            }),
            selectField(state, {
              name: "expires",
              label: "It expires",
              value: String(DEFAULT_TOKEN_S),
              values: EXPIRIES,
            }),
          ],
        }),
      });
    },

    async submit({ slug, form, actor, note }) {
      const name = fieldText(form, "name");
      if (name === "") throw new FormError({ name: "Say what it is for." });
      const expiry = EXPIRIES.find(([seconds]) => seconds === form.get("expires"));
      if (!expiry) throw new FormError({ expires: "Choose one of the times." });
      const request = { project: slug, name, scope: form.get("scope"), expires_s: +expiry[0] };
      const parsed = safeParse(NewTokenSchema, request);
      if (parsed.success) note(name);
      if (!parsed.success) {
        const isName = parsed.issues[0].path?.[0]?.key === "name";
        throw new FormError(
          isName
            ? { name: "A name is one line of 100 characters at most." }
            : { scope: "Choose one of the three." },
        );
      }
      const { token } = await tokens.create(parsed.output, makerOf(actor));
      return async (c) =>
        settingsPage(c, {
          slug,
          tab: "tokens",
          heading: "The new token",
          lead: "It is shown this once. Copy it now, and keep it where only its program reads it.",
          main: html`${copyable("token", token, "Copy the token")}
            <p class="buttons">
              <a class="button" href="${pagePaths.tokens(slug)}">I have copied it</a>
            </p>`,
        });
    },
  };
}

export function tokenRevocation(tokens: Pick<Tokens, "list" | "revoke">): FormPage {
  return confirmationPage({
    path: pagePaths.revokeToken(":owner/:name", ":id"),
    tab: "tokens",

    async ask(c, { project: { slug }, now }) {
      const token = (await tokens.list(slug)).find(({ id }) => id === c.req.param("id"));
      if (!token) return undefined;
      return {
        heading: "Revoke this token?",
        lead: html`${token.name || token.id}, ${lastUse(token, now)}`,
        goes: ["It is refused from now on. Programs that use it fail until they get another."],
        button: "Revoke the token",
        back: pagePaths.tokens(slug),
      };
    },

    async submit({ c, slug }) {
      await tokens.revoke(c.req.param("id") ?? "", slug);
      return doneAt(pagePaths.tokens(slug), "revoked");
    },
  });
}

function table(slug: string, tokens: readonly TokenView[], now: number): Html {
  if (tokens.length === 0) return html`<p>There are none yet.</p>`;
  return html`<table class="rows">
    ${tableHead("Token", "It may", "Expires", "Last use", ACTIONS)}
    <tbody>
      ${tokens.map((token) => {
        const { id, name, scope, expires_at } = token;
        const isOver = Date.parse(expires_at) <= now;
        return html`<tr>
          <th scope="row" class="text">${name || id}</th>
          <td>${SCOPE_WORDS[scope]}</td>
          <td class="when">${isOver ? "Expired" : agoTime(Date.parse(expires_at), now)}</td>
          <td class="when">${lastUse(token, now)}</td>
          <td class="act">
            <a
              class="button"
              href="${pagePaths.revokeToken(slug, id)}"
              aria-label="Revoke ${name || id}"
              >Revoke</a
            >
          </td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function lastUse({ last_used_at: used }: TokenView, now: number): Html | string {
  return used === null ? "never used" : html`used ${agoTime(Date.parse(used), now)}`;
}
