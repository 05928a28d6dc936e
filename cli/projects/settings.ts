import { InvalidArgumentError, Option, type Command } from "@commander-js/extra-typings";
import * as v from "valibot";
import { HostsSchema, type BlockNetwork } from "../../protocol/network.ts";
import type { ProjectSettings } from "../../protocol/projects.ts";
import { collectList } from "../command/options.ts";

/** Adds the options that `create` and `set` share. */
export function addSettings<Args extends unknown[]>(command: Command<Args>) {
  return command
    .option("--repo <URL>", "Its repository: https, ssh, or git@host:path")
    .option("--public", "Everybody may read its pages and results")
    .option("--no-public")
    .option(
      "--branches <PATTERNS>",
      "Pushes to these run something, such as main,release/* (default: *)",
      collectList,
    )
    .option("--tags <PATTERNS>", "Pushed tags that run something (default: *)", collectList)
    .option(
      "--pull-requests",
      "Pull requests run something; those of forks without secrets and caches",
    )
    .option("--no-pull-requests")
    .option(
      "--approve-strangers",
      "A stranger's first pull request waits for deferred projects deliveries approve",
    )
    .option("--no-approve-strangers")
    .option("--cancel-outdated", "A push cancels what older pushes to the branch still run")
    .option("--no-cancel-outdated")
    .option("--submodules", "Check submodules out, too")
    .option("--no-submodules")
    .option("--lfs", "Fetch the files that Git LFS keeps")
    .option("--no-lfs")
    .option("--network", "Commands may reach public addresses (default: they may)")
    .option("--no-network")
    .option(
      "--block-network <HOSTS>",
      "What signed blocks may reach if they ask for it: any, none, or HOST,… (default: none)",
      readBlockNetwork,
    )
    .option("--server-key", "The server holds a key that signs for its maintainers (default: no)")
    .option("--no-server-key")
    .option("--watch <MAIL>", "Mail this address, too", collectList)
    .option("--mail-author", "Mail the commit's author (default: yes)")
    .option("--no-mail-author")
    .option("--deploy-key <FILE>", "Private SSH key that reads the repository")
    .option("--known-hosts <FILE>", "Its host's keys, as ssh-keyscan prints them")
    .option("--token-file <FILE>", "user:token that reads it over https; - reads standard input")
    .option(
      "--github-token-file <FILE>",
      "GitHub token that writes commit statuses; - reads standard input",
    )
    .option(
      "--forge-token-file <FILE>",
      "Token of GitLab, Gitea or Forgejo that writes commit statuses; - reads standard input",
    )
    .addOption(
      new Option(
        "--forge <KIND>",
        "What the repository's host runs, if its name does not say (auto: by its name)",
      ).choices(["gitlab", "gitea", "forgejo", "auto"] as const),
    )
    .option("--github-app <ID>", "GitHub App that reads the repository and writes commit statuses")
    .option(
      "--github-app-key <FILE>",
      "Its private key, as GitHub made it; - reads standard input",
    );
}

export interface SettingsOptions {
  public?: boolean | undefined;
  branches?: string[] | undefined;
  tags?: string[] | undefined;
  pullRequests?: boolean | undefined;
  approveStrangers?: boolean | undefined;
  cancelOutdated?: boolean | undefined;
  submodules?: boolean | undefined;
  lfs?: boolean | undefined;
  network?: boolean | undefined;
  blockNetwork?: BlockNetwork | undefined;
  serverKey?: boolean | undefined;
  forge?: "gitlab" | "gitea" | "forgejo" | "auto" | undefined;
  watch?: string[] | undefined;
  mailAuthor?: boolean | undefined;
}

/** The settings that the options name, and no others. */
export function parseSettingsOptions(options: SettingsOptions): Partial<ProjectSettings> {
  const settings: Partial<ProjectSettings> = {
    public: options.public,
    branches: options.branches,
    tags: options.tags,
    pull_requests: options.pullRequests,
    approve_strangers: options.approveStrangers,
    cancel_outdated: options.cancelOutdated,
    submodules: options.submodules,
    lfs: options.lfs,
    network: options.network,
    block_network: options.blockNetwork,
    server_key: options.serverKey,
    forge: options.forge === "auto" ? null : options.forge,
    watchers: options.watch,
    mail_author: options.mailAuthor,
  };
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<ProjectSettings>;
}

function readBlockNetwork(value: string, previous: BlockNetwork | undefined): BlockNetwork {
  const hosts = collectList(value.toLowerCase(), Array.isArray(previous) ? previous : undefined);
  const [only] = hosts;
  if (hosts.length === 1 && (only === "any" || only === "none")) return only;
  const isMixed = hosts.includes("any") || hosts.includes("none");
  if (!isMixed && v.is(HostsSchema, hosts)) return hosts;
  throw new InvalidArgumentError(
    "It has to be any, none, or names of hosts such as api.example.org,*.example.com",
  );
}
