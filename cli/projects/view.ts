import { actorWords } from "../../protocol/actors.ts";
import type { BlockNetwork } from "../../protocol/network.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { formatAge } from "../terminal/age.ts";
import type { ColumnCell } from "../terminal/columns.ts";
import { stateCell } from "../terminal/state-cell.ts";

export const NO_REPOSITORY = "none: deferred projects set --repo URL";

/** A project's settings and state, one a line. */
export function projectRows(project: ProjectView, now: number): ColumnCell[][] {
  const { settings, last_run: last } = project;
  return [
    ["project", project.slug],
    ["repository", project.repository ?? NO_REPOSITORY],
    ...(project.default_branch === null ? [] : [["default branch", project.default_branch]]),
    ["pushes run", `branches ${joinNames(settings.branches)}; tags ${joinNames(settings.tags)}`],
    ["pull requests", describePullRequests(settings)],
    ["newer pushes", settings.cancel_outdated ? "cancel older runs" : "wait for older runs"],
    ["checkout", describeCheckout(project)],
    ["network", settings.network ? "public addresses" : "none"],
    ["blocks reach", describeNetwork(settings.block_network)],
    ["read by", settings.public ? "everybody" : "its owner"],
    ["mails", describeMail(project)],
    ["credentials", joinNames(project.credentials)],
    ["secrets", joinNames(project.secrets)],
    ...(last ? [["last run", stateCell(last.state, describeRun(last, now))]] : []),
    ["page", project.page_url],
    ...hookRows(project),
    ...(project.hook_secret === undefined ? [] : [["hook secret", project.hook_secret]]),
  ];
}

function describePullRequests({
  pull_requests,
  approve_strangers,
}: ProjectView["settings"]): string {
  if (!pull_requests) return "run nothing";
  return `run, those of forks as strangers${approve_strangers ? " once approved" : ""}`;
}

function describeRun(
  { created_at, title, started_by }: NonNullable<ProjectView["last_run"]>,
  now: number,
): string {
  const by = started_by ? ` by ${plainLine(actorWords(started_by), 30)}` : "";
  return `${formatAge(created_at, now)}${by}: ${plainLine(title, 60)}`;
}

/** Where webhooks go. Empty for a reader who does not own the project. */
export function hookRows({ hooks }: ProjectView): string[][] {
  if (!hooks) return [];
  return [
    ["GitHub hook", hooks.github],
    ["GitLab hook", hooks.gitlab],
    ["generic hook", hooks.generic],
  ];
}

function joinNames(names: readonly string[]): string {
  return names.join(", ") || "none";
}

function describeNetwork(network: BlockNetwork): string {
  if (network === "none") return "nothing";
  return network === "any" ? "public addresses" : joinNames(network);
}

function describeCheckout({ settings }: ProjectView): string {
  const more = [
    ...(settings.submodules ? ["submodules"] : []),
    ...(settings.lfs ? ["Git LFS"] : []),
  ];
  return more.length === 0 ? "files alone" : `files with ${more.join(" and ")}`;
}

function describeMail({ settings }: ProjectView): string {
  const to = [...(settings.mail_author ? ["the commit's author"] : []), ...settings.watchers];
  return to.length === 0 ? "to nobody" : `to ${to.join(", ")}`;
}
