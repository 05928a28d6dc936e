const GITHUB = "https://api.github.com";

export interface GitHubRepository {
  /** Base URL of its REST API. */
  api: string;
  /** `owner/name`. */
  name: string;
}

/**
 * Parses the URL of a repository at GitHub, or at the GitHub Enterprise server whose REST API is `api`. A token is sent
 * only to the API of the repository's own host.
 */
export function gitHubRepository(
  repository: string,
  api: string | undefined,
): GitHubRepository | undefined {
  const scp = /^[\w.-]+@([\w.-]+):(.+)$/.exec(repository);
  const url = scp ? undefined : URL.parse(repository);
  const host = (scp?.[1] ?? url?.hostname ?? "").toLowerCase();
  const path = (scp?.[2] ?? url?.pathname ?? "").replace(/^\//, "").replace(/(\.git)?\/?$/, "");
  if (!/^[\w.-]+\/[\w.-]+$/.test(path) || path.split("/").some((part) => /^\.+$/.test(part))) {
    return undefined;
  }
  if (host === "github.com") return { api: GITHUB, name: path };
  if (api === undefined) return undefined;
  const own = new URL(api).hostname;
  return host === own || `api.${host}` === own ? { api, name: path } : undefined;
}
