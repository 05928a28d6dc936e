import * as v from "valibot";
import { ActorSchema } from "./actors.ts";
import { SlugSchema } from "./claims.ts";
import { BlockNetworkSchema } from "./network.ts";
import { CommitSchema, RevisionSchema, SecretNameSchema, TaskSchema } from "./command.ts";
import { RUN_KINDS } from "./run-filter.ts";
import { RunStateSchema } from "./run.ts";

/** A branch or tag, where `*` stands for any characters: `main`, `release/*`. */
const pattern = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(255),
  v.regex(/^[^\s~^:?[\\]+$/, "a branch's name, where * stands for any characters"),
);
const mailAddress = v.pipe(v.string(), v.maxLength(320), v.email());

/** Settings of a project's owner, with their defaults. */
export const ProjectSettingsSchema = v.strictObject({
  /** Everyone may read its pages, runs and results. */
  public: v.optional(v.boolean(), false),
  /** Branches whose pushes start runs. */
  branches: v.optional(v.pipe(v.array(pattern), v.maxLength(50)), ["*"]),
  /** Tags whose pushes start runs. */
  tags: v.optional(v.pipe(v.array(pattern), v.maxLength(50)), ["*"]),
  /** Pull requests start runs, those of forks as strangers. */
  pull_requests: v.optional(v.boolean(), false),
  /** The first pull request of a stranger waits until somebody approves it. */
  approve_strangers: v.optional(v.boolean(), false),
  /** A push cancels the runs that older pushes to the same branch or pull request started. */
  cancel_outdated: v.optional(v.boolean(), false),
  submodules: v.optional(v.boolean(), false),
  lfs: v.optional(v.boolean(), false),
  /** Commands may reach public addresses. */
  network: v.optional(v.boolean(), true),
  /** Network of its signed blocks where they ask for it: nothing, any public address, or these hosts. */
  block_network: v.optional(BlockNetworkSchema, "none"),
  /** The server holds a key that signs for the project: its maintainers sign without a key of their own. */
  server_key: v.optional(v.boolean(), false),
  /** The software of the repository's host, for commit statuses; null: by the host's name. */
  forge: v.optional(v.nullable(v.picklist(["gitlab", "gitea", "forgejo"])), null),
  /** Addresses that get mails; the commit's author gets them too where `mail_author` says so. */
  watchers: v.optional(v.pipe(v.array(mailAddress), v.maxLength(50)), []),
  mail_author: v.optional(v.boolean(), true),
});
export type ProjectSettings = v.InferOutput<typeof ProjectSettingsSchema>;

const repository = v.pipe(v.string(), v.minLength(1), v.maxLength(2000));
export const CREDENTIALS = [
  "deploy_key",
  "known_hosts",
  "repository_token",
  "github_token",
  "github_app",
  "forge_token",
] as const;
export type CredentialName = (typeof CREDENTIALS)[number];
/** Credentials whose names the project's owner sees. */
export const SHOWN_CREDENTIALS = [
  "deploy_key",
  "repository_token",
  "github_token",
  "github_app",
  "forge_token",
] as const satisfies readonly CredentialName[];

/** Credentials are written, never read back: an answer only names those that are set. */
const credentials = {
  /** OpenSSH private key, for `ssh:` and `git@host:path`. Null removes it. */
  deploy_key: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(20_000)))),
  /** `known_hosts` lines for it. */
  known_hosts: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(20_000)))),
  /** `user:token`, for https. */
  repository_token: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(2000)))),
  /** A GitHub token that may write commit statuses. */
  github_token: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(2000)))),
  /** A token of GitLab, Gitea or Forgejo that may write commit statuses. */
  forge_token: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(2000)))),
  /**
   * A GitHub App that is installed on the repository: reads it over https where there is no `repository_token`,
   * and writes commit statuses where there is no `github_token`.
   */
  github_app: v.optional(
    v.nullable(
      v.strictObject({
        /** App ID or client ID. */
        id: v.pipe(v.string(), v.maxLength(100)),
        /** RSA key in PEM, PKCS#1 or PKCS#8. */
        private_key: v.pipe(v.string(), v.maxLength(20_000)),
      }),
    ),
  ),
};

/** Body of `POST /v1/projects`. */
export const CreateProjectSchema = v.strictObject({
  slug: SlugSchema,
  repository: v.optional(repository),
  settings: v.optional(v.partial(ProjectSettingsSchema)),
  ...credentials,
});
export type CreateProject = v.InferOutput<typeof CreateProjectSchema>;

/** Body of `PATCH /v1/projects/{owner}/{name}`: absent fields stay unchanged. */
export const ChangeProjectSchema = v.strictObject({
  repository: v.optional(v.nullable(repository)),
  settings: v.optional(v.partial(ProjectSettingsSchema)),
  /** True: a new hook secret; the old one stops working at once. */
  renew_hook_secret: v.optional(v.literal(true)),
  ...credentials,
});
export type ChangeProject = v.InferOutput<typeof ChangeProjectSchema>;

/** A run in a list. */
export const RunSummarySchema = v.object({
  id: v.string(),
  project: v.string(),
  kind: v.picklist(RUN_KINDS),
  state: RunStateSchema,
  trigger: v.string(),
  /** Null: not known, as the run is older than actors. */
  started_by: v.optional(v.nullable(ActorSchema)),
  canceled_by: v.optional(v.nullable(ActorSchema)),
  /** Title for people: the commit's subject, the command, or the block's title. */
  title: v.string(),
  ref: v.nullable(v.string()),
  commit: v.nullable(v.string()),
  /** Name of the commit's author. */
  author: v.nullable(v.string()),
  created_at: v.string(),
  started_at: v.nullable(v.string()),
  ended_at: v.nullable(v.string()),
  exit_code: v.nullable(v.number()),
  /** Seconds it ran, by the machine's clock; null until it has ended, or where it did not start. */
  ran_s: v.nullable(v.number()),
  /** In a list, while it waits: its position in the queue for the same machines, from 1. */
  position: v.optional(v.number()),
  run_url: v.string(),
  /** Its page. */
  page_url: v.string(),
});
export type RunSummary = v.InferOutput<typeof RunSummarySchema>;

const HookUrlsSchema = v.object({
  github: v.string(),
  gitlab: v.string(),
  /** Signed by Standard Webhooks. */
  generic: v.string(),
});

export const ProjectViewSchema = v.object({
  slug: v.string(),
  repository: v.nullable(v.string()),
  default_branch: v.nullable(v.string()),
  settings: ProjectSettingsSchema,
  created_at: v.string(),
  /** Names of the credentials that are set. */
  credentials: v.array(v.picklist(SHOWN_CREDENTIALS)),
  /** Names of its secrets. */
  secrets: v.array(v.string()),
  /** Absent for readers other than the owner, who see no names of secrets either. */
  hooks: v.optional(HookUrlsSchema),
  /** Only in the answer that created or renewed it, and for an owner who asks with `?hook_secret=1`. */
  hook_secret: v.optional(v.string()),
  last_run: v.nullable(RunSummarySchema),
  page_url: v.string(),
});
export type ProjectView = v.InferOutput<typeof ProjectViewSchema>;
export const ProjectListSchema = v.object({ projects: v.array(ProjectViewSchema) });

/** How long a removed project can be restored, in seconds: seven days. */
export const RESTORABLE_S = 7 * 86_400;

/** A project that was removed and can be restored. */
const RemovedProjectSchema = v.object({
  slug: v.string(),
  removed_at: v.string(),
  restorable_until: v.string(),
});
export type RemovedProject = v.InferOutput<typeof RemovedProjectSchema>;
/** Answer to `GET /v1/removed-projects`. */
export const RemovedProjectListSchema = v.object({ projects: v.array(RemovedProjectSchema) });

/** Body of `PUT /v1/projects/{owner}/{name}/secrets/{NAME}`. */
export const SecretRequestSchema = v.strictObject({
  value: v.pipe(
    v.string(),
    v.minLength(1, "type a value"),
    v.maxBytes(32 * 1024, "32 KiB at most"),
  ),
});
export const SecretListSchema = v.object({
  secrets: v.array(
    v.object({
      name: SecretNameSchema,
      set_at: v.string(),
      /** Null: not known, as it was set before servers recorded it. */
      set_by: v.optional(v.nullable(ActorSchema)),
    }),
  ),
});

/** Body of `POST /v1/projects/{owner}/{name}/runs`; takes `Idempotency-Key`. Answered like `POST /v1/runs`. */
export const CommandRequestSchema = v.strictObject({
  revision: v.optional(RevisionSchema, { of: "ref" }),
  /** Absent: the commands of the file. */
  task: v.optional(TaskSchema, { do: "file" }),
  /** Time limit of the whole run in seconds; the server's maximum wins. */
  wall_s: v.optional(v.pipe(v.number(), v.minValue(1))),
  /** `never`: not safe to start twice; absent: a lost attempt is retried. */
  retry: v.optional(v.literal("never")),
});
export type CommandRequest = v.InferOutput<typeof CommandRequestSchema>;

/** Body of `POST /v1/projects/{owner}/{name}/runs/{id}/again`; takes `Idempotency-Key`. Answered alike. */
export const RunAgainSchema = v.strictObject({
  /** Only the passes of the file's matrix that did not go well; the others are taken over. */
  failed: v.optional(v.boolean(), false),
});

export const RunListSchema = v.object({ runs: v.array(RunSummarySchema) });

/** A commit with its state. */
export const CommitViewSchema = v.object({
  ...CommitSchema.entries,
  /** The branch or tag where it was last seen, in full. */
  ref: v.nullable(v.string()),
  /** All branches and tags where it was seen, the last one first. */
  refs: v.array(v.string()),
  /** State of its newest automatic run; where there is none, of the newest run. */
  state: v.nullable(RunStateSchema),
  runs: v.number(),
  page_url: v.string(),
});
export type CommitView = v.InferOutput<typeof CommitViewSchema>;
export const CommitListSchema = v.object({ commits: v.array(CommitViewSchema) });

/** Answer to `POST /v1/projects/{owner}/{name}/wake` and `/sleep`. */
export const PoolAnswerSchema = v.object({
  /** `leaving`: machines finish their runs and leave. `asleep`: there is none. */
  state: v.picklist(["ready", "waking", "leaving", "asleep", "declined"]),
});

/** Answer to `POST /v1/backups`: a file in the server's data folder. */
export const BackupSchema = v.object({
  snapshot: v.pipe(v.string(), v.regex(/^snapshot-[0-9a-f]+\.db$/)),
});

/** Answer to `POST /v1/sign-in-links`. */
export const SignInLinkSchema = v.object({ url: v.string(), expires_at: v.string() });
