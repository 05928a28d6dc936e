import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "../../protocol/deferred-error.ts";
import { createRepositoryHook } from "../projects/github/repository-hook.ts";
import { gitHubRepository } from "../projects/github/repository.ts";

export interface ConnectDeps {
  /** REST API of a GitHub Enterprise server; absent: github.com alone. */
  gitHubApi: string | undefined;
  /** Whether a ping of GitHub's came to the project since `since`. */
  cameSince: (slug: string, since: number) => Promise<boolean>;
  now: () => number;
}

export interface ConnectRequest {
  slug: string;
  repository: string | null;
  /** The address that GitHub is to call. */
  hookUrl: string;
  hookSecret: string;
  /** Used here and not kept. */
  token: string;
}

/** The outcome of connecting: GitHub's ping came, or what GitHub says of the address instead. */
export type Connected = { verified: true } | { verified: false; said: string | undefined };

/** How long a ping may take. */
const PING_MS = 6000;
const LOOK_MS = 150;

export type ConnectHook = ReturnType<typeof createConnectHook>;

/** Sets a repository's webhook by GitHub's API. */
export function createConnectHook({ gitHubApi, cameSince, now }: ConnectDeps) {
  /** Throws `repository_refused`. */
  function hookOf(repository: string | null, token: string) {
    const found = repository === null ? undefined : gitHubRepository(repository, gitHubApi);
    if (!found) throw new ApiError("repository_refused", NOT_AT_GITHUB);
    return createRepositoryHook({ repository: found, token });
  }

  async function came(slug: string, since: number): Promise<boolean> {
    for (let waited = 0; waited < PING_MS; waited += LOOK_MS) {
      if (await cameSince(slug, since)) return true;
      await sleep(LOOK_MS);
    }
    return false;
  }

  return {
    /** Throws unless the token may write the webhooks of the repository, before anything is made. */
    async check(repository: string, token: string): Promise<void> {
      await hookOf(repository, token).check();
    },

    /**
     * Has GitHub call the project's webhook, and waits for its ping. Throws `repository_refused`, `github_refused` or
     * `github_unavailable`.
     */
    async connect(request: ConnectRequest): Promise<Connected> {
      const { slug, repository, hookUrl, hookSecret, token } = request;
      const hook = hookOf(repository, token);
      const since = now();
      const id = await hook.set(hookUrl, hookSecret);
      await hook.ping(id);
      if (await came(slug, since)) return { verified: true };
      return { verified: false, said: await hook.lastAnswer(id) };
    },
  };
}

const NOT_AT_GITHUB =
  "A token of GitHub's sets the webhook of a repository at github.com, or at the GitHub Enterprise server of DEFERRED_GITHUB_API.";
