import { html } from "hono/html";
import { ApiError } from "../../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { Projects } from "../../../projects/projects.ts";
import { checkSecretName, checkSecretValue } from "../../../projects/secret-requests.ts";
import { textArea, textField } from "../../form/fields.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldLines, fieldText } from "../../form/read-form.ts";
import { agoTime } from "../../format.ts";
import type { FormPage } from "../form-page.ts";
import { byWhom } from "./by-whom.ts";
import { confirmationPage } from "./confirmation.ts";
import { doneAt, settingsPage } from "./settings-page.ts";
import { ACTIONS, tableHead } from "../../table-head.ts";

type Secrets = Pick<Projects, "secretNames" | "putSecret" | "removeSecret">;

/** The names of a project's secrets, and a form that sets one. */
export function secretSettings(projects: Secrets): FormPage {
  return {
    path: pagePaths.secrets(":owner/:name"),
    scope: "admin",
    fields: { name: "name", value: "value" },

    async show(c, { project: { slug }, now }, state) {
      const names = await projects.secretNames(slug);
      return settingsPage(c, {
        slug,
        tab: "secrets",
        heading: "Secrets",
        lead: html`Commands get a secret as a variable, where the <code>.deferred-server</code> file
          names it. Values are stored encrypted, hidden in output, and never shown here.`,
        main: html`${
            names.length === 0
              ? html`<p>This project has no secrets yet.</p>`
              : html`<table class="rows">
                  ${tableHead("Name", "Set", ACTIONS)}
                  <tbody>
                    ${names.map(
                      ({ name, set_at, set_by }) =>
                        html`<tr>
                          <th scope="row"><code>${name}</code></th>
                          <td class="when">
                            ${agoTime(Date.parse(set_at), now)} ${byWhom(set_by)}
                          </td>
                          <td class="act">
                            <a
                              class="button"
                              href="${pagePaths.removeSecret(slug, name)}"
                              aria-label="Remove ${name}"
                              >Remove</a
                            >
                          </td>
                        </tr>`,
                    )}
                  </tbody>
                </table>`
          }
          <h2>Set a secret</h2>
          ${postForm(state, {
            button: "Set the secret",
            primary: true,
            fields: [
              textField(state, {
                name: "name",
                label: "Name",
                help: html`The variable’s name, such as <code>DEPLOY_TOKEN</code>. An existing one
                  gets the new value.`,
                required: true,
                size: 32,
                maxLength: 64,
                code: true,
              }),
              textArea(state, {
                name: "value",
                label: "Value",
                help: "Exactly as the commands get it; the line end after the last line is left out.",
                required: true,
                rows: 4,
              }),
            ],
          })}`,
      });
    },

    async submit({ slug, form, actor, note }) {
      const name = checkSecretName(fieldText(form, "name"));
      note(name);
      // As `deferred projects secrets set` reads it: pasted text often has one line end too many.
      const value = checkSecretValue(fieldLines(form, "value").replace(/\n$/, ""));
      await projects.putSecret(slug, name, value, actor);
      return doneAt(pagePaths.secrets(slug), "set");
    },
  };
}

export function secretRemoval(projects: Secrets): FormPage {
  return confirmationPage({
    path: pagePaths.removeSecret(":owner/:name", ":secret"),
    tab: "secrets",

    async ask(c, { project: { slug } }) {
      const name = c.req.param("secret") ?? "";
      const names = await projects.secretNames(slug);
      if (!names.some((one) => one.name === name)) return undefined;
      return {
        heading: `Remove ${name}?`,
        lead: html`The secret <code>${name}</code> goes for good.`,
        goes: [
          "Its value is deleted. Nobody can read it back, here or elsewhere.",
          "Commands of later runs find no such variable.",
        ],
        button: "Remove the secret",
        back: pagePaths.secrets(slug),
      };
    },

    async submit({ c, slug }) {
      const name = c.req.param("secret") ?? "";
      if (!(await projects.removeSecret(slug, name))) throw new ApiError("not_found");
      return doneAt(pagePaths.secrets(slug), "removed");
    },
  });
}
