import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { CREDENTIALS, type ChangeProject, type CredentialName } from "../../protocol/projects.ts";
import type { Queries, Trx } from "../database/database.ts";
import type { AddressOptions } from "./address.ts";
import { deployKey, gitHubApp, headerToken, repositoryToken } from "./credentials.ts";
import { NOT_GITHUB } from "./github/app-error.ts";
import { gitHubRepository } from "./github/repository.ts";
import type { ProjectSecrets } from "./secrets.ts";

/** Credentials in the form in which they are stored; null removes one. */
export type GivenCredentials = Partial<Record<CredentialName, string | null>>;

const FORMS: Record<Exclude<CredentialName, "github_app">, (text: string) => string> = {
  deploy_key: deployKey,
  repository_token: (text) => {
    const { user, token } = repositoryToken(text);
    return `${user}:${token}`;
  },
  github_token: (text) => headerToken("github_token", text),
  forge_token: (text) => headerToken("forge_token", text),
  known_hosts: (text) => `${text.replace(/\r\n?/g, "\n").trim()}\n`,
};

/** Checks the credentials of a request. Throws `body_invalid`. */
export function checkCredentials(request: Pick<ChangeProject, CredentialName>): GivenCredentials {
  const { github_app: app, ...texts } = request;
  const checked: GivenCredentials = {};
  if (app !== undefined) checked.github_app = app && JSON.stringify(gitHubApp(app));
  for (const name of CREDENTIALS) {
    if (name === "github_app") continue;
    const value = texts[name];
    if (value !== undefined) checked[name] = value === null ? null : FORMS[name](value);
  }
  return checked;
}

/** Stores credentials; an absent one stays as it is. */
export async function storeCredentials(
  trx: Trx,
  secrets: ProjectSecrets,
  slug: string,
  given: GivenCredentials,
  by?: Actor,
): Promise<void> {
  for (const name of CREDENTIALS) {
    const value = given[name];
    if (value === null) await secrets.remove(trx, slug, "own", name);
    else if (value !== undefined) await secrets.put(trx, slug, "own", name, value, by);
  }
}

/**
 * Throws `repository_refused` if a token would be sent unencrypted, or if the repository's host has no GitHub Apps.
 */
export async function refuseUnsafeToken(
  queries: Queries,
  secrets: ProjectSecrets,
  slug: string,
  { allowPrivate, gitHubApi }: AddressOptions & { gitHubApi: string | undefined },
): Promise<void> {
  const { repository } = await queries
    .selectFrom("projects")
    .select("repository")
    .where("slug", "=", slug)
    .executeTakeFirstOrThrow();
  const own = await secrets.names(queries, slug, "own");
  const has = (credential: CredentialName) => own.some(({ name }) => name === credential);
  if (has("github_app") && repository !== null && !gitHubRepository(repository, gitHubApi)) {
    throw new ApiError("repository_refused", NOT_GITHUB);
  }
  const hasToken = has("repository_token") || has("github_app") || has("forge_token");
  if (allowPrivate || !hasToken || !repository?.startsWith("http:")) return;
  throw new ApiError("repository_refused", "Its token is sent over https alone.");
}
