import { sha256 } from "../../database/ids.ts";
import type { GitHubRepository } from "./repository.ts";
import { GitHubAppError } from "./app-error.ts";
import { newAppToken, type AppToken, type AppUse, type GitHubApp } from "./app-token.ts";

/** Tokens count as expired this early, so that a checkout ends before its token does. */
const MARGIN_MS = 5 * 60_000;

interface Kept {
  /** Digest of what the token was made from: a new key or repository needs another token. */
  of: string;
  token?: AppToken;
  asking?: Promise<AppToken> | undefined;
}

/** Tokens of GitHub Apps, kept in memory by project and use until shortly before they end. */
export function createAppTokens(now: () => number) {
  const kept = new Map<string, Partial<Record<AppUse, Kept>>>();

  return {
    /** Throws `GitHubAppError`. Concurrent calls for a project and use share one request. */
    async get(
      project: string,
      use: AppUse,
      { app, repository }: { app: GitHubApp; repository: GitHubRepository },
    ): Promise<string> {
      const of = sha256(JSON.stringify([app.id, app.private_key, repository]));
      const uses = kept.get(project) ?? {};
      kept.set(project, uses);
      if (uses[use]?.of !== of) uses[use] = { of };
      const entry = uses[use];
      const { token } = entry;
      if (token && token.expiresAt - now() > MARGIN_MS) return token.text;
      entry.asking ??= newAppToken({ app, repository, use, now }).finally(() => {
        entry.asking = undefined;
      });
      try {
        entry.token = await entry.asking;
        return entry.token.text;
      } catch (error) {
        const isOutage = error instanceof GitHubAppError && error.isTransient;
        if (isOutage && token && token.expiresAt > now()) return token.text;
        throw error;
      }
    },

    /** Called if GitHub refused a token that has not expired. */
    forget(project: string): void {
      kept.delete(project);
    },
  };
}
