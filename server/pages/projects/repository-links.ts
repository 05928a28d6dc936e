/** Addresses of a repository at its host. */
export interface RepositoryLinks {
  host: string;
  commit(sha: string): string;
  /** The changes between two commits. */
  compare(from: string, to: string): string;
}

/**
 * The pages of a commit at the host of the repository: GitHub, GitLab, or Gitea and Forgejo, whose paths are GitHub's.
 * Undefined where the address says of no host that it has pages.
 */
export function repositoryLinks(repository: string | null): RepositoryLinks | undefined {
  const found =
    /^https?:\/\/(?:[^/@]*@)?([^/]+)\/(.+?)(?:\.git)?\/?$/.exec(repository ?? "") ??
    /^(?:ssh:\/\/)?git@([^/:]+)(?::\d+)?[/:](.+?)(?:\.git)?\/?$/.exec(repository ?? "");
  const [, host, path] = found ?? [];
  if (host === undefined || path === undefined || isLocal(host)) return undefined;
  const base = `https://${host}/${path}`;
  const below = /gitlab/i.test(host) ? `${base}/-` : base;
  return {
    host: nameOf(host),
    commit: (sha) => `${below}/commit/${sha}`,
    compare: (from, to) => `${below}/compare/${from}...${to}`,
  };
}

function isLocal(host: string): boolean {
  return /^(localhost|[\d.]+|\[.*\])(:\d+)?$/.test(host);
}

const NAMES: Readonly<Record<string, string>> = {
  "github.com": "GitHub",
  "gitlab.com": "GitLab",
  "codeberg.org": "Codeberg",
};

function nameOf(host: string): string {
  return NAMES[host.toLowerCase()] ?? host;
}
