import type { ProjectSettings } from "../../protocol/projects.ts";

/** The API of a repository's host other than GitHub. */
export interface Forge {
  kind: "gitlab" | "gitea";
  /** For people. */
  title: string;
  /** Base URL of its REST API, on the repository's own host. */
  api: string;
  /** Path of the repository, such as `owner/name`; GitLab's may have groups before it. */
  name: string;
}

const TITLES = { gitlab: "GitLab", gitea: "Gitea", forgejo: "Forgejo" } as const;

/** Undefined for a repository at GitHub, and where neither `kind` nor the host's name says what the host runs. */
export function forgeOf(repository: string, kind: ProjectSettings["forge"]): Forge | undefined {
  const scp = /^[\w.-]+@([\w.-]+):(.+)$/.exec(repository);
  const url = scp ? undefined : URL.parse(repository);
  const host = (scp?.[1] ?? url?.hostname ?? "").toLowerCase();
  const path = (scp?.[2] ?? url?.pathname ?? "").replace(/^\//, "").replace(/(\.git)?\/?$/, "");
  const named = kind ?? kindByName(host);
  if (named === undefined || host === "github.com" || !isPath(path, named)) return undefined;
  // Over ssh the port is that of ssh.
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  const base = isWeb ? url.origin : `https://${host}`;
  return {
    kind: named === "gitlab" ? "gitlab" : "gitea",
    title: TITLES[named],
    api: `${base}/api/${named === "gitlab" ? "v4" : "v1"}`,
    name: path,
  };
}

function kindByName(host: string): NonNullable<ProjectSettings["forge"]> | undefined {
  if (host === "codeberg.org") return "forgejo";
  const labels = host.split(".");
  return (["gitlab", "gitea", "forgejo"] as const).find((kind) => labels.includes(kind));
}

function isPath(path: string, kind: keyof typeof TITLES): boolean {
  const parts = path.split("/");
  const isNamed = parts.every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part));
  return isNamed && (kind === "gitlab" ? parts.length >= 2 : parts.length === 2);
}
