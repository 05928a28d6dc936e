import { html } from "hono/html";
import { safeParse } from "valibot";
import { pagePaths } from "../../../../protocol/paths.ts";
import { KeyRequestSchema, type KeyView } from "../../../../protocol/requests.ts";
import { firstIssue } from "../../../http/json-body.ts";
import type { Projects } from "../../../projects/projects.ts";
import { textArea, textField } from "../../form/fields.ts";
import { FormError } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldLines, fieldText } from "../../form/read-form.ts";
import { agoTime } from "../../format.ts";
import type { Html } from "../../layout.ts";
import type { FormPage } from "../form-page.ts";
import { byWhom } from "./by-whom.ts";
import { confirmationPage } from "./confirmation.ts";
import { doneAt, settingsPage } from "./settings-page.ts";
import { ACTIONS, tableHead } from "../../table-head.ts";

type Keys = Pick<Projects, "keys" | "addKey" | "revokeKey">;

/** The keys that sign a project's blocks, and a form that registers one. */
export function keySettings(projects: Keys): FormPage {
  return {
    path: pagePaths.keys(":owner/:name"),
    scope: "admin",
    fields: { key_exists: "jwk", key_unusable: "jwk" },

    async show(c, { project: { slug }, now }, state) {
      const keys = await projects.keys(slug);
      return settingsPage(c, {
        slug,
        tab: "keys",
        heading: "Signing keys",
        lead: "A block runs if one of these keys signed it. The private parts are with their owners, never here.",
        main: html`${keys.length === 0 ? html`<p>No key signs for this project yet.</p>` : table(slug, keys, now)}
          <h2>Add a public key</h2>
          ${postForm(state, {
            button: "Add the key",
            primary: true,
            fields: [
              textArea(state, {
                name: "jwk",
                label: "Public key",
                help: html`A JWK with Ed25519 or P-256, as <code>deferred keys new</code> prints it:
                  <code>{"kty":"OKP","crv":"Ed25519","x":"…"}</code>`,
                required: true,
                rows: 4,
              }),
              textField(state, {
                name: "label",
                label: "Label",
                help: "Whose key it is, or where it is kept.",
                maxLength: 100,
                size: 32,
              }),
            ],
          })}`,
      });
    },

    async submit({ slug, form, actor, note }) {
      const { jwk, label } = keyRequestOf(form);
      const { kid } = await projects.addKey(slug, jwk, label ?? null, actor);
      note(label ?? kid);
      return doneAt(pagePaths.keys(slug), "added");
    },
  };
}

function keyRequestOf(form: URLSearchParams) {
  const label = fieldText(form, "label");
  let jwk: unknown;
  try {
    jwk = JSON.parse(fieldLines(form, "jwk"));
  } catch {
    throw new FormError({ jwk: "It is no JSON: paste the whole key, from { to }." });
  }
  const parsed = safeParse(KeyRequestSchema, { jwk, ...(label === "" ? {} : { label }) });
  if (parsed.success) return parsed.output;
  const isLabel = parsed.issues[0].path?.[0]?.key === "label";
  throw new FormError({ [isLabel ? "label" : "jwk"]: `${firstIssue(parsed.issues)}.` });
}

export function keyRevocation(projects: Keys): FormPage {
  return confirmationPage({
    path: pagePaths.revokeKey(":owner/:name", ":kid"),
    tab: "keys",

    async ask(c, { project: { slug } }) {
      const key = (await projects.keys(slug)).find(({ kid }) => kid === c.req.param("kid"));
      if (!key || key.revoked_at !== null) return undefined;
      return {
        heading: "Revoke this key?",
        lead: html`${key.label ?? "A key without a label"}, <code>${key.kid}</code>`,
        goes: [
          "Every block that it signed is refused from now on, on all pages that show it.",
          "A revoked key can’t be added again: its blocks have to be signed anew with another.",
        ],
        button: "Revoke the key",
        back: pagePaths.keys(slug),
      };
    },

    async submit({ c, slug, actor }) {
      await projects.revokeKey(slug, c.req.param("kid") ?? "", actor);
      return doneAt(pagePaths.keys(slug), "revoked");
    },
  });
}

function table(slug: string, keys: readonly KeyView[], now: number): Html {
  return html`<table class="rows">
    ${tableHead("Key", "Algorithm", "Added", "State", ACTIONS)}
    <tbody>
      ${keys.map(
        ({ kid, label, algorithm, created_at, added_by, revoked_at, revoked_by }) =>
          html`<tr>
            <th scope="row" class="text">
              ${label ?? "No label"} <small><code>${kid}</code></small>
            </th>
            <td>${algorithm}</td>
            <td class="when">${agoTime(Date.parse(created_at), now)} ${byWhom(added_by)}</td>
            <td>
              ${
                revoked_at === null
                  ? "In use"
                  : html`<span class="quiet"
                      >Revoked ${agoTime(Date.parse(revoked_at), now)} ${byWhom(revoked_by)}</span
                    >`
              }
            </td>
            <td class="act">
              ${
                revoked_at === null
                  ? html`<a
                      class="button"
                      href="${pagePaths.revokeKey(slug, kid)}"
                      aria-label="Revoke ${label ?? kid}"
                      >Revoke</a
                    >`
                  : ""
              }
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
