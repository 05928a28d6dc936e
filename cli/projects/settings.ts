import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { HostsSchema, type BlockNetwork } from "../../protocol/network.ts";
import type { ProjectSettings } from "../../protocol/projects.ts";
import { CliError } from "../cli-error.ts";
import type { Arguments, Option } from "../command.ts";

/** What `create` and `set` both take. */
export const SETTINGS_OPTIONS: Record<string, Option> = {
  repo: { type: "string", value: "URL", help: "Its repository: https, ssh, or git@host:path" },
  public: { type: "boolean", negatable: true, help: "Everybody may read its pages and results" },
  branches: {
    type: "string",
    value: "PATTERNS",
    multiple: true,
    help: "Pushes to these run something, such as main,release/* (default: *)",
  },
  tags: {
    type: "string",
    value: "PATTERNS",
    multiple: true,
    help: "Pushed tags that run something (default: *)",
  },
  "pull-requests": {
    type: "boolean",
    negatable: true,
    help: "Pull requests run something; those of forks without secrets and caches",
  },
  submodules: { type: "boolean", negatable: true, help: "Check submodules out, too" },
  lfs: { type: "boolean", negatable: true, help: "Fetch the files that Git LFS keeps" },
  network: {
    type: "boolean",
    negatable: true,
    help: "Commands may reach public addresses (default: they may)",
  },
  "block-network": {
    type: "string",
    value: "HOSTS",
    multiple: true,
    help: "What signed blocks may reach where they ask for it: any, none, or HOST,… (default: none)",
  },
  watch: { type: "string", value: "MAIL", multiple: true, help: "Mail this address, too" },
  "mail-author": {
    type: "boolean",
    negatable: true,
    help: "Mail the commit's author (default: yes)",
  },
  "deploy-key": {
    type: "string",
    value: "FILE",
    help: "Private SSH key that reads the repository",
  },
  "known-hosts": {
    type: "string",
    value: "FILE",
    help: "Its host's keys, as ssh-keyscan prints them",
  },
  "token-file": {
    type: "string",
    value: "FILE",
    help: "user:token that reads it over https; - reads standard input",
  },
  "github-token-file": {
    type: "string",
    value: "FILE",
    help: "GitHub token that writes commit statuses; - reads standard input",
  },
  "github-app": {
    type: "string",
    value: "ID",
    help: "GitHub App that reads the repository and writes commit statuses",
  },
  "github-app-key": {
    type: "string",
    value: "FILE",
    help: "Its private key, as GitHub made it; - reads standard input",
  },
};

/** The settings that were given, and those alone. */
export function readSettings(args: Arguments): Partial<ProjectSettings> {
  const settings: Partial<ProjectSettings> = {};
  const switches = [
    ["public", "public"],
    ["pull-requests", "pull_requests"],
    ["submodules", "submodules"],
    ["lfs", "lfs"],
    ["network", "network"],
    ["mail-author", "mail_author"],
  ] as const;
  for (const [option, name] of switches) {
    const value = args.choiceOf(option);
    if (value !== undefined) settings[name] = value;
  }
  const lists = [
    ["branches", "branches"],
    ["tags", "tags"],
    ["watch", "watchers"],
  ] as const;
  for (const [option, name] of lists) {
    const value = args.commaList(option);
    if (value !== undefined) settings[name] = value;
  }
  const hosts = args.commaList("block-network");
  if (hosts !== undefined) settings.block_network = readBlockNetwork(args, hosts);
  return settings;
}

function readBlockNetwork(args: Arguments, hosts: string[]): BlockNetwork {
  const [only] = hosts;
  if (hosts.length === 1 && (only === "any" || only === "none")) return only;
  const names = hosts.map((host) => host.toLowerCase());
  const isMixed = names.includes("any") || names.includes("none");
  if (!isMixed && v.is(HostsSchema, names)) return names;
  throw args.wrong(
    `--block-network takes any, none, or names of hosts such as api.example.org,*.example.com, not "${hosts.join(",")}"`,
  );
}

export interface Credentials {
  deploy_key?: string | null;
  known_hosts?: string | null;
  repository_token?: string | null;
  github_token?: string | null;
  github_app?: { id: string; private_key: string } | null;
}

/** Credentials come from files or standard input: what is on a command line, others can read. */
export async function readCredentials(args: Arguments): Promise<Credentials> {
  const files = [
    ["deploy-key", "deploy_key"],
    ["known-hosts", "known_hosts"],
    ["token-file", "repository_token"],
    ["github-token-file", "github_token"],
    ["github-app-key", "github_app"],
  ] as const;
  const app = args.text("github-app");
  if ((app === undefined) !== (args.text("github-app-key") === undefined)) {
    throw args.wrong("--github-app ID and --github-app-key FILE go together");
  }
  const named = files.filter(([option]) => args.text(option) !== undefined);
  if (named.filter(([option]) => args.text(option) === "-").length > 1) {
    throw args.wrong("standard input can be read for one option alone");
  }
  const credentials: Credentials = {};
  for (const [option, name] of named) {
    const value = await readWhole(args.text(option)!);
    if (name === "github_app") credentials[name] = { id: app!, private_key: value };
    // An OpenSSH key ends in a line end, a token has none.
    else credentials[name] = name.endsWith("_token") ? value.trim() : value;
  }
  return credentials;
}

/** A file's text, or standard input for `-`. */
export async function readWhole(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  return readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new CliError(`${file} can't be read (${cause.code})`, { cause });
  });
}
