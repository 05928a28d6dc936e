import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { ChangeProject } from "../../../../protocol/projects.ts";
import type { Project, Projects } from "../../../projects/projects.ts";
import { checkBox, textField } from "../../form/fields.ts";
import type { FormState } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldText, isChecked } from "../../form/read-form.ts";
import { agoTime } from "../../format.ts";
import type { Html } from "../../layout.ts";
import type { FormPage } from "../form-page.ts";
import { byWhom } from "./by-whom.ts";
import { CREDENTIAL_WORDS } from "./credentials.ts";
import { doneAt, settingsPage } from "./settings-page.ts";
import { ACTIONS, tableHead } from "../../table-head.ts";

/** The repository's address and how it is checked out, with the credentials that are stored. */
export function repositorySettings(
  projects: Pick<Projects, "change" | "storedCredentials">,
): FormPage {
  return {
    path: pagePaths.repository(":owner/:name"),
    scope: "admin",
    fields: { repository_refused: "repository", repository: "repository" },

    async show(c, { project, now }, state) {
      const { slug } = project;
      const stored = await projects.storedCredentials(slug);
      return settingsPage(c, {
        slug,
        tab: "repository",
        heading: "Repository",
        lead: "Where the project’s code comes from. Runs always fetch from this address, never from one that a webhook names.",
        main: html`${checkoutForm(project, state)}
          <h2>Credentials</h2>
          <p>
            A private repository takes one of these. They are stored encrypted and never shown;
            commands never see them.
          </p>
          <table class="rows">
            ${tableHead("Credential", "For", "State", ACTIONS)}
            <tbody>
              ${CREDENTIAL_WORDS.map(({ name, words, use }) => {
                const set = stored.find((one) => one.name === name);
                return html`<tr>
                  <th scope="row">${words}</th>
                  <td class="text">${use}</td>
                  <td>
                    ${
                      set
                        ? html`Set ${agoTime(Date.parse(set.set_at), now)} ${byWhom(set.set_by)}`
                        : html`<span class="quiet">Not set</span>`
                    }
                  </td>
                  <td class="act">
                    ${credentialLink(pagePaths.credential(slug, name), set ? "Replace" : "Set", words)}
                    ${set ? credentialLink(pagePaths.removeCredential(slug, name), "Remove", words) : ""}
                  </td>
                </tr>`;
              })}
            </tbody>
          </table>`,
      });
    },

    async submit({ slug, form }) {
      const change: ChangeProject = {
        repository: fieldText(form, "repository") || null,
        settings: { submodules: isChecked(form, "submodules"), lfs: isChecked(form, "lfs") },
      };
      await projects.change(slug, change);
      return doneAt(pagePaths.repository(slug), "saved");
    },
  };
}

function checkoutForm({ repository, settings }: Project, state: FormState): Html {
  return postForm(state, {
    button: "Save",
    primary: true,
    fields: [
      textField(state, {
        name: "repository",
        label: "Address",
        help: html`<code>https://host/path</code>, <code>ssh://user@host/path</code> or
          <code>git@host:path</code>. Another address makes the project forget the branches and
          schedules of the old one.`,
        value: repository ?? "",
        maxLength: 2000,
        code: true,
      }),
      checkBox(state, {
        name: "submodules",
        label: "Check submodules out, too",
        checked: settings.submodules,
      }),
      checkBox(state, {
        name: "lfs",
        label: "Fetch the files that Git LFS keeps",
        checked: settings.lfs,
      }),
    ],
  });
}

function credentialLink(path: string, words: string, of: string): Html {
  return html`<a class="button" href="${path}" aria-label="${words} ${of}">${words}</a> `;
}
