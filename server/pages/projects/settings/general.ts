import { html } from "hono/html";
import { safeParse } from "valibot";
import { HostsSchema, type BlockNetwork } from "../../../../protocol/network.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { Projects } from "../../../projects/projects.ts";
import { checkBox, radioField, textArea } from "../../form/fields.ts";
import { FormError } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldList, isChecked } from "../../form/read-form.ts";
import type { FormPage } from "../form-page.ts";
import { doneAt, settingsPage } from "./settings-page.ts";

/** Who reads the project, and the network of its commands and blocks. */
export function generalSettings(projects: Pick<Projects, "change">): FormPage {
  return {
    path: pagePaths.settings(":owner/:name"),
    scope: "admin",

    async show(c, { project: { slug, settings } }, state) {
      const { block_network: reach } = settings;
      return settingsPage(c, {
        slug,
        tab: "general",
        heading: "General",
        lead: "Who may read this project, and what its programs may reach.",
        main: postForm(state, {
          button: "Save",
          primary: true,
          fields: html`<fieldset class="group">
              <legend>Readers</legend>
              ${checkBox(state, {
                name: "public",
                label: "Everybody may read it",
                help: "Its pages, runs, output, badge and feed need no sign-in. Secrets, webhooks and payloads of deliveries stay private.",
                checked: settings.public,
              })}
            </fieldset>
            <fieldset class="group">
              <legend>Signing</legend>
              ${checkBox(state, {
                name: "server_key",
                label: "The server holds a key that signs for the project",
                help: "Its maintainers then sign without a key of their own.",
                checked: settings.server_key,
              })}
            </fieldset>
            <fieldset class="group">
              <legend>Network</legend>
              ${checkBox(state, {
                name: "network",
                label: "Commands may reach public addresses",
                help: "To download packages, or to deploy. Private addresses are never reached.",
                checked: settings.network,
              })}
              ${radioField(state, {
                name: "block_network",
                label: "Signed blocks may reach, if they ask for it",
                value: reach === "none" || reach === "any" ? reach : "hosts",
                choices: [
                  ["none", "Nothing"],
                  ["hosts", "These hosts alone"],
                  ["any", "Any public address"],
                ],
              })}
              ${textArea(state, {
                name: "hosts",
                label: "Hosts",
                help: html`One a line, such as <code>api.example.org</code> or
                  <code>*.example.com</code>. They count where “These hosts alone” is chosen.`,
                value: typeof reach === "string" ? "" : reach.join("\n"),
                rows: 3,
              })}
            </fieldset>`,
        }),
      });
    },

    async submit({ slug, form }) {
      await projects.change(slug, {
        settings: {
          public: isChecked(form, "public"),
          server_key: isChecked(form, "server_key"),
          network: isChecked(form, "network"),
          block_network: blockNetworkOf(form),
        },
      });
      return doneAt(pagePaths.settings(slug), "saved");
    },
  };
}

function blockNetworkOf(form: URLSearchParams): BlockNetwork {
  const choice = form.get("block_network");
  if (choice === "none" || choice === "any") return choice;
  if (choice !== "hosts") throw new FormError({ block_network: "Choose one of the three." });
  const hosts = fieldList(form, "hosts").map((host) => host.toLowerCase());
  if (hosts.length === 0) throw new FormError({ hosts: "Name at least one host." });
  const parsed = safeParse(HostsSchema, hosts);
  if (parsed.success) return parsed.output;
  const wrong = hosts.find((host) => !safeParse(HostsSchema, [host]).success);
  throw new FormError({
    hosts:
      wrong === undefined
        ? "Name 50 hosts at most."
        : `${wrong.slice(0, 100)} is not the name of a host: leave out https://, ports and paths.`,
  });
}
