import { isLoopbackHost } from "../../protocol/addresses.ts";
import type { SettingsReader } from "./reader.ts";

/** An OAuth app of GitHub. */
export interface GitHubSettings {
  clientId: string;
  clientSecret: string;
  /** `https://github.com`, or a GitHub Enterprise server. */
  site: string;
  /** Its REST API. */
  api: string;
}

export interface PeopleSettings {
  /** Who may create an account: everybody, holders of an invitation, or nobody. */
  signUp: "open" | "invited" | "closed";
  /** Who may make projects: the server's owner alone, or every person with an account. */
  newProjects: "owner" | "users";
  /** The OAuth app that signs people in; absent: GitHub signs nobody in. */
  gitHubSignIn: GitHubSettings | undefined;
}

interface Others {
  smtpUrl: string | undefined;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  /** Whether repositories may be folders of this machine and at private addresses. */
  allowPrivate: boolean;
}

export function readPeopleSettings(read: SettingsReader, others: Others): PeopleSettings {
  const signUp = read.choice("DEFERRED_SIGN_UP", ["invited", "open", "closed"]);
  const newProjects = read.choice("DEFERRED_NEW_PROJECTS", ["owner", "users"]);
  const gitHubSignIn = readGitHubSignIn(read, others.gitHubApi);
  if (signUp === "open" && others.smtpUrl === undefined && gitHubSignIn === undefined) {
    read.mistakes.push(
      "DEFERRED_SIGN_UP=open needs SMTP_URL, which confirms e-mail addresses, or DEFERRED_GITHUB_CLIENT_ID.",
    );
  }
  if (signUp === "open" && newProjects === "users" && others.allowPrivate) {
    read.mistakes.push(
      "DEFERRED_ALLOW_PRIVATE=1 can't be together with DEFERRED_SIGN_UP=open and DEFERRED_NEW_PROJECTS=users: everybody could read this machine's folders as repositories.",
    );
  }
  return { signUp, newProjects, gitHubSignIn };
}

function readGitHubSignIn(read: SettingsReader, api: string | undefined) {
  const clientId = read.text("DEFERRED_GITHUB_CLIENT_ID", "");
  const clientSecret = read.text("DEFERRED_GITHUB_CLIENT_SECRET", "");
  const site = read.url("DEFERRED_GITHUB_URL") ?? "https://github.com";
  if (clientId === "" && clientSecret === "") return undefined;
  if (clientId === "" || clientSecret === "") {
    read.mistakes.push(
      "DEFERRED_GITHUB_CLIENT_ID and DEFERRED_GITHUB_CLIENT_SECRET belong together: set both.",
    );
  }
  const { protocol, hostname } = new URL(site);
  if (protocol === "http:" && !isLoopbackHost(hostname)) {
    read.mistakes.push("DEFERRED_GITHUB_URL has to be https: it gets the client's secret.");
  }
  if (site !== "https://github.com" && api === undefined) {
    read.mistakes.push(
      `DEFERRED_GITHUB_API has to name the REST API of ${site}, such as ${site}/api/v3.`,
    );
  }
  return { clientId, clientSecret, site, api: api ?? "https://api.github.com" };
}
