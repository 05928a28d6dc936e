import type { Context } from "hono";
import { html } from "hono/html";
import { safeParse } from "valibot";
import { OutgoingHookRequestSchema } from "../../../../protocol/notices.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import { ProjectSettingsSchema } from "../../../../protocol/projects.ts";
import type { Notices } from "../../../notices/notices.ts";
import type { Project, Projects } from "../../../projects/projects.ts";
import { copyable } from "../../copyable.ts";
import { checkBox, mistakeAt, textArea, textField } from "../../form/fields.ts";
import { FormError, UNTOUCHED, type FormState } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldList, fieldText, isChecked } from "../../form/read-form.ts";
import type { Html } from "../../layout.ts";
import type { FormPage } from "../form-page.ts";
import type { PageContent } from "../serve-page.ts";
import { confirmationPage } from "./confirmation.ts";
import { doneAt, settingsPage } from "./settings-page.ts";
import { ACTIONS, tableHead } from "../../table-head.ts";

export interface TellingDeps {
  projects: Pick<Projects, "change" | "writesStatuses">;
  hooks: Pick<Notices["hooks"], "list" | "create" | "remove">;
  /** Whether this server sends mails. */
  mails: boolean;
}

/** Who gets mails. */
export function mailSettings(deps: TellingDeps): FormPage {
  return {
    path: pagePaths.telling(":owner/:name"),
    scope: "admin",
    show: (c, { project }, mails) => tellingPage(c, deps, { project, mails }),

    async submit({ slug, form }) {
      const watchers = fieldList(form, "watchers");
      const { watchers: schema } = ProjectSettingsSchema.entries;
      if (!safeParse(schema, watchers).success) {
        const wrong = watchers.find((one) => !safeParse(schema, [one]).success);
        throw new FormError({
          watchers:
            wrong === undefined
              ? "Name 50 addresses at most."
              : `${wrong.slice(0, 100)} is no mail address.`,
        });
      }
      const settings = { watchers, mail_author: isChecked(form, "mail_author") };
      await deps.projects.change(slug, { settings });
      return doneAt(pagePaths.telling(slug), "saved");
    },
  };
}

/** Adds an outgoing webhook, and shows its secret once. */
export function outgoingHookForm(deps: TellingDeps): FormPage {
  return {
    path: pagePaths.addOutgoingHook(":owner/:name"),
    scope: "admin",
    fields: { url: "url", events: "events", repository_refused: "url" },
    show: (c, { project }, hook) => tellingPage(c, deps, { project, hook }),

    async submit({ slug, form }) {
      const url = fieldText(form, "url");
      const parsed = safeParse(OutgoingHookRequestSchema, { url, events: form.getAll("events") });
      if (!parsed.success) {
        const isUrl = parsed.issues.some(({ path }) => path?.[0]?.key === "url");
        throw new FormError(
          isUrl
            ? { url: "Enter an address that begins with https:// or http://." }
            : { events: "Choose at least one event." },
        );
      }
      const { secret = "" } = await deps.hooks.create(slug, parsed.output);
      return (c, { project }) => tellingPage(c, deps, { project, secret });
    },
  };
}

export function outgoingHookRemoval({ hooks }: TellingDeps): FormPage {
  return confirmationPage({
    path: pagePaths.removeOutgoingHook(":owner/:name", ":id"),
    tab: "telling",

    async ask(c, { project: { slug } }) {
      const hook = (await hooks.list(slug)).find(({ id }) => id === c.req.param("id"));
      if (!hook) return undefined;
      return {
        heading: "Remove this webhook?",
        lead: html`<code>${hook.url}</code> is told nothing any more.`,
        goes: [
          "What was still to be sent there is given up.",
          "Its secret is deleted. Added again, the address gets another one.",
        ],
        button: "Remove the webhook",
        back: pagePaths.telling(slug),
      };
    },

    async submit({ c, slug }) {
      await hooks.remove(slug, c.req.param("id") ?? "");
      return doneAt(pagePaths.telling(slug), "removed");
    },
  });
}

interface Telling {
  project: Project;
  mails?: FormState;
  hook?: FormState;
  /** Of a webhook that was added just now. */
  secret?: string;
}

async function tellingPage(
  c: Context,
  deps: TellingDeps,
  { project, mails = UNTOUCHED, hook = UNTOUCHED, secret }: Telling,
): Promise<PageContent> {
  const { slug, settings } = project;
  return settingsPage(c, {
    slug,
    tab: "telling",
    heading: "Mails and webhooks",
    lead: html`Who hears how runs went. Under
      <a href="${pagePaths.notices(slug)}">Notices</a> stands what was sent.`,
    main: html`${secret === undefined ? "" : secretNote(secret)}
      <h2>Mails</h2>
      ${
        deps.mails
          ? html`<p>A mail is sent when a branch fails, and when it passes again.</p>`
          : html`<p class="quiet">
              This server sends no mails: its operator has to set <code>SMTP_URL</code>.
            </p>`
      }
      ${postForm(mails, {
        action: pagePaths.telling(slug),
        button: "Save",
        primary: true,
        fields: [
          textArea(mails, {
            name: "watchers",
            label: "Always mail",
            help: "Addresses, one a line.",
            value: settings.watchers.join("\n"),
            rows: 3,
          }),
          checkBox(mails, {
            name: "mail_author",
            label: "Mail the commit’s author, too",
            checked: settings.mail_author,
          }),
        ],
      })}
      <h2>Commit statuses</h2>
      <p>
        ${
          (await deps.projects.writesStatuses(slug))
            ? "Each run’s state is written to its commit at GitHub."
            : html`None are written: GitHub needs a token or an App, under
                <a href="${pagePaths.repository(slug)}">Repository</a>.`
        }
      </p>
      <h2>Webhooks that this project sends</h2>
      ${await hooksTable(deps, slug)} ${addHookForm(slug, hook)}`,
  });
}

async function hooksTable({ hooks }: TellingDeps, slug: string): Promise<Html> {
  const listed = await hooks.list(slug);
  if (listed.length === 0) return html`<p>There are none yet.</p>`;
  return html`<table class="rows">
    ${tableHead("Address", "Told", ACTIONS)}
    <tbody>
      ${listed.map(
        ({ id, url, events }) =>
          html`<tr>
            <th scope="row" class="text"><code>${url}</code></th>
            <td>${events.map((event) => EVENT_WORDS[event]).join(", ")}</td>
            <td class="act">
              <a
                class="button"
                href="${pagePaths.removeOutgoingHook(slug, id)}"
                aria-label="Remove ${url}"
                >Remove</a
              >
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

const EVENT_WORDS = { "run.started": "a run started", "run.ended": "a run ended" } as const;

function addHookForm(slug: string, state: FormState): Html {
  return postForm(state, {
    action: pagePaths.addOutgoingHook(slug),
    button: "Add a webhook",
    fields: [
      textField(state, {
        name: "url",
        label: "Address",
        help: "Each event is a POST there, signed as Standard Webhooks says, and tried again for two days.",
        type: "url",
        placeholder: "https://",
        maxLength: 2000,
        required: true,
      }),
      html`<fieldset class="field">
        <legend>Told when</legend>
        ${(["run.ended", "run.started"] as const).map((event) =>
          checkBox(state, {
            name: "events",
            value: event,
            label: EVENT_WORDS[event],
            checked: event === "run.ended",
          }),
        )}
        ${mistakeAt(state, "events")}
      </fieldset>`,
    ],
  });
}

function secretNote(secret: string): Html {
  return html`<div class="status" role="status">
    <div>
      <p>
        <strong>The webhook is added.</strong> Its receiver checks signatures with this secret,
        which is shown this once:
      </p>
      ${copyable("outgoing-secret", secret, "Copy the secret")}
    </div>
  </div>`;
}
