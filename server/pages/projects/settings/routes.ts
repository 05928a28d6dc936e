import type { Hono } from "hono";
import type { Tokens } from "../../../accounts/tokens.ts";
import type { Removals } from "../../../commands/removals.ts";
import type { Projects } from "../../../projects/projects.ts";
import type { AddForm } from "../form-page.ts";
import type { ServePage } from "../serve-page.ts";
import { branchSettings } from "./branches.ts";
import { credentialForm, credentialRemoval } from "./credentials.ts";
import { generalSettings } from "./general.ts";
import { keyRevocation, keySettings } from "./keys.ts";
import { projectRemoval } from "./removal.ts";
import { repositorySettings } from "./repository.ts";
import { addSchedulePages, type SchedulePagesDeps } from "./schedules.ts";
import { secretRemoval, secretSettings } from "./secrets.ts";
import {
  mailSettings,
  outgoingHookForm,
  outgoingHookRemoval,
  type TellingDeps,
} from "./telling.ts";
import { addTokensPage, tokenForm, tokenRevocation } from "./tokens.ts";
import { addWebhookPage, gitHubConnection, webhookRenewal, type WebhookDeps } from "./webhook.ts";

export interface SettingsDeps extends SchedulePagesDeps, Omit<WebhookDeps, "projects"> {
  projects: Projects & { tokens: Tokens };
  hooks: TellingDeps["hooks"];
  mails: boolean;
  removals: Pick<Removals, "remove">;
}

/** The settings pages of projects. */
export function addSettingsPages(
  app: Hono,
  pages: { page: ServePage; addForm: AddForm },
  deps: SettingsDeps,
): void {
  const { page, addForm } = pages;
  const { projects, removals } = deps;
  const { tokens } = projects;
  for (const form of [
    generalSettings(projects),
    branchSettings(projects),
    repositorySettings(projects),
    credentialForm(projects),
    credentialRemoval(projects),
    webhookRenewal(deps),
    gitHubConnection(deps),
    secretSettings(projects),
    secretRemoval(projects),
    mailSettings(deps),
    outgoingHookForm(deps),
    outgoingHookRemoval(deps),
    keySettings(projects),
    keyRevocation(projects),
    tokenForm(tokens),
    tokenRevocation(tokens),
    projectRemoval(removals.remove),
  ]) {
    addForm(form);
  }
  addWebhookPage(page, deps);
  addTokensPage(page, tokens);
  addSchedulePages(app, page, deps);
}
