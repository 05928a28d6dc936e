import type { Context } from "hono";
import { html } from "hono/html";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import type { Connected, ConnectHook } from "../../../hooks/connect-github.ts";
import type { Project, Projects } from "../../../projects/projects.ts";
import { checkBox, textField } from "../../form/fields.ts";
import { FormError, UNTOUCHED, type FormState } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldText, isChecked } from "../../form/read-form.ts";
import { copyable } from "../../copyable.ts";
import type { Html } from "../../layout.ts";
import { stateIcon } from "../marks.ts";
import type { FormPage } from "../form-page.ts";
import type { PageContent, ServePage } from "../serve-page.ts";
import { confirmationPage } from "./confirmation.ts";
import { settingsPage } from "./settings-page.ts";

export interface WebhookDeps {
  projects: Pick<Projects, "get" | "change" | "hookOf" | "hookSecret">;
  connectHook: ConnectHook;
  /** The server's public URL. */
  url: string;
}

/** Shows the addresses of the webhook. */
export function addWebhookPage(page: ServePage, deps: WebhookDeps): void {
  const content = (c: Context, { project }: { project: Project }) =>
    webhookPage(c, deps, project, UNTOUCHED);
  page(pagePaths.webhook(":owner/:name"), content, { scope: "admin" });
}

/** Has GitHub call the webhook, by a token that is used once. */
export function gitHubConnection(deps: WebhookDeps): FormPage {
  const { projects, connectHook } = deps;
  return {
    path: pagePaths.connectGitHub(":owner/:name"),
    scope: "admin",
    fields: { github_refused: "token", github_token: "token", repository_refused: "" },
    show: (c, { project }, state) => webhookPage(c, deps, project, state),

    async submit({ slug, form, actor }) {
      const token = fieldText(form, "token");
      if (token === "") throw new FormError({ token: "Paste a token of GitHub’s." });
      const { repository } = await projects.get(slug);
      const connected = await connectHook.connect({
        slug,
        repository,
        hookUrl: await addressOf(deps, slug, "github"),
        hookSecret: await projects.hookSecret(slug),
        token,
      });
      if (isChecked(form, "keep")) await projects.change(slug, keptToken(token), actor);
      return async (c, { project }) => webhookPage(c, deps, project, UNTOUCHED, { connected });
    },
  };
}

/** The credentials that a token is kept as. */
export function keptToken(token: string) {
  return { repository_token: `x-access-token:${token}`, github_token: token };
}

/** Makes a new secret and shows it once. */
export function webhookRenewal(deps: WebhookDeps): FormPage {
  const { projects } = deps;
  return confirmationPage({
    path: pagePaths.renewWebhook(":owner/:name"),
    tab: "webhook",

    async ask(_c, { project: { slug } }) {
      return {
        heading: "Make a new webhook secret?",
        lead: "The new one is shown once, on the next page.",
        goes: [
          "The old secret stops working at once: deliveries that are signed with it are refused.",
          "Nothing runs by a push until the new secret is entered where the webhook is sent from.",
        ],
        button: "Make a new secret",
        back: pagePaths.webhook(slug),
      };
    },

    async submit({ slug }) {
      await projects.change(slug, { renew_hook_secret: true });
      const secret = await projects.hookSecret(slug);
      return async (c, { project }) => webhookPage(c, deps, project, UNTOUCHED, { secret });
    },
  });
}

/** Facts that the page shows only once. */
interface Shown {
  secret?: string;
  connected?: Connected;
}

async function webhookPage(
  c: Context,
  deps: WebhookDeps,
  { slug, repository }: Project,
  state: FormState,
  { secret, connected }: Shown = {},
): Promise<PageContent> {
  const isGitLab = repository?.includes("gitlab") ?? false;
  const address = await addressOf(deps, slug, isGitLab ? "gitlab" : "github");
  return settingsPage(c, {
    slug,
    tab: "webhook",
    heading: "Webhook",
    lead: "The repository’s host calls this address at each push, and the push makes a run.",
    main: html`${connected ? connectedNote(connected, address) : ""}
      ${secret === undefined ? "" : secretNote(secret)} ${isGitLab ? "" : connectForm(slug, state)}
      <h2>By hand</h2>
      <p>
        ${
          isGitLab
            ? html`At GitLab: Settings, Webhooks, Add new webhook. Enter this address, and the
              secret as its token; choose push, tag and merge request events.`
            : html`At GitHub: the repository’s Settings, Webhooks, Add webhook. Enter this address,
                content type <code>application/json</code>, and the secret.`
        }
      </p>
      ${copyable("hook", address, "Copy the address")}
      <details>
        <summary>Addresses for other senders</summary>
        <p>${isGitLab ? "GitHub" : "GitLab"}:</p>
        ${copyable("hook-other", await addressOf(deps, slug, isGitLab ? "github" : "gitlab"), "Copy the address")}
        <p>Anything that signs as Standard Webhooks says:</p>
        ${copyable("hook-generic", await addressOf(deps, slug, "generic"), "Copy the address")}
      </details>
      <h2>Secret</h2>
      <p>
        Each delivery is signed with it; others are refused. It was shown when the project was made.
        Who has lost it makes a new one.
      </p>
      <p class="buttons">
        <a class="button" href="${pagePaths.renewWebhook(slug)}">Make a new secret</a>
        <a href="${pagePaths.deliveries(slug)}">See what was delivered</a>
      </p>`,
  });
}

async function addressOf({ projects, url }: WebhookDeps, slug: string, provider: string) {
  return url + paths.hook(provider, await projects.hookOf(slug));
}

function connectForm(slug: string, state: FormState): Html {
  return html`<h2>By a GitHub token</h2>
    <p>
      GitHub then calls this server without anything to copy. Make a
      <a href="https://github.com/settings/personal-access-tokens/new" rel="noreferrer"
        >fine-grained token</a
      >
      for this one repository, with the permission “Webhooks: read and write”.
    </p>
    ${postForm(state, {
      action: pagePaths.connectGitHub(slug),
      button: "Set the webhook at GitHub",
      primary: true,
      fields: tokenFields(state),
    })}`;
}

/** The fields of a token that sets a webhook. */
export function tokenFields(state: FormState): Html[] {
  return [
    textField(state, {
      name: "token",
      label: "GitHub token",
      help: "Used once, to set the webhook, and then forgotten.",
      type: "password",
    }),
    checkBox(state, {
      name: "keep",
      label: "Keep the token",
      help: "To fetch the repository and to write commit statuses. It then also needs the permissions “Contents: read” and “Commit statuses: read and write”.",
      checked: false,
    }),
  ];
}

/** Whether GitHub reaches the webhook. */
export function connectedNote(connected: Connected, address: string): Html {
  if (connected.verified) {
    return html`<div class="status succeeded" role="status">
      ${stateIcon("succeeded")}
      <div>
        <p><strong>GitHub calls this project now.</strong> Its ping came and is signed right.</p>
      </div>
    </div>`;
  }
  const { said } = connected;
  return html`<div class="status failed" role="status">
    ${stateIcon("failed")}
    <div>
      <p><strong>The webhook is set, but GitHub’s ping did not come.</strong></p>
      <p>
        ${said === undefined ? "" : html`GitHub says: ${said}. `}Is
        <code>${address}</code> reachable from the internet? GitHub shows each try in the
        repository’s Settings, Webhooks.
      </p>
    </div>
  </div>`;
}

/** The webhook's secret, which no other page shows. */
export function secretNote(secret: string): Html {
  return html`<div class="status" role="status">
    <div>
      <p><strong>This is the webhook’s secret. It is shown this once:</strong></p>
      ${copyable("hook-secret", secret, "Copy the secret")}
    </div>
  </div>`;
}
