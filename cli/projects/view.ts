import type { BlockNetwork } from "../../protocol/network.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { age } from "../age.ts";
import type { Cell } from "../columns.ts";
import { stateCell } from "../state-cell.ts";

/** A project's facts, one a line. */
export function projectRows(project: ProjectView, now: number): Cell[][] {
  const { settings, last_run: last } = project;
  return [
    ["project", project.slug],
    ["repository", project.repository ?? "none: deferred projects set --repo URL"],
    ...(project.default_branch === null ? [] : [["default branch", project.default_branch]]),
    ["pushes run", `branches ${listed(settings.branches)}; tags ${listed(settings.tags)}`],
    ["pull requests", settings.pull_requests ? "run, those of forks as strangers" : "run nothing"],
    ["checkout", checkoutText(project)],
    ["network", settings.network ? "public addresses" : "none"],
    ["blocks reach", blockNetworkText(settings.block_network)],
    ["read by", settings.public ? "everybody" : "its owner"],
    ["mails", mailText(project)],
    ["credentials", listed(project.credentials)],
    ["secrets", listed(project.secrets)],
    ...(last ? [["last run", stateCell(last.state, lastRun(last, now))]] : []),
    ["page", project.page_url],
    ...hookRows(project),
    ...(project.hook_secret === undefined ? [] : [["hook secret", project.hook_secret]]),
  ];
}

function lastRun({ created_at, title }: NonNullable<ProjectView["last_run"]>, now: number): string {
  return `${age(created_at, now)}: ${plainLine(title, 60)}`;
}

/** Where webhooks go; nothing for who reads a project that is somebody else's. */
export function hookRows({ hooks }: ProjectView): string[][] {
  if (!hooks) return [];
  return [
    ["GitHub hook", hooks.github],
    ["GitLab hook", hooks.gitlab],
    ["generic hook", hooks.generic],
  ];
}

function listed(names: readonly string[]): string {
  return names.join(", ") || "none";
}

function blockNetworkText(network: BlockNetwork): string {
  if (network === "none") return "nothing";
  return network === "any" ? "public addresses" : listed(network);
}

function checkoutText({ settings }: ProjectView): string {
  const more = [
    ...(settings.submodules ? ["submodules"] : []),
    ...(settings.lfs ? ["Git LFS"] : []),
  ];
  return more.length === 0 ? "files alone" : `files with ${more.join(" and ")}`;
}

function mailText({ settings }: ProjectView): string {
  const to = [...(settings.mail_author ? ["the commit's author"] : []), ...settings.watchers];
  return to.length === 0 ? "to nobody" : `to ${to.join(", ")}`;
}
