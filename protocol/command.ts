import * as v from "valibot";
import { EffectiveLimitsSchema } from "./limits.ts";
import { TakenOverSchema } from "./passes.ts";
import { MAX_CACHES, MAX_MESSAGES, MAX_NAMED_COMMITS, MAX_SECRETS } from "./sizes.ts";

/** A commit's full name; SHA-256 repositories have the longer one. */
export const CommitNameSchema = v.pipe(
  v.string(),
  v.regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "a commit's full name: 40 hexadecimal digits"),
);

/** Counts a run's attempts. */
export const AttemptNumberSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000));

/** Name of a secret and of the variable that the commands find it in. */
export const SecretNameSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Z][A-Z0-9_]{0,63}$/, "a name such as DATABASE_URL, of A-Z, 0-9 and _"),
);

/** Reason codes of commands that fail for a cause of the project's own. */
export const COMMAND_REFUSALS = [
  "checkout_failed",
  "file_invalid",
  "service_failed",
  "app_not_up",
  "disk_full",
  "schedule_gone",
  "commit_skips",
] as const;

/** The credential with which the responder reads a private repository. No command ever sees it. */
const CredentialSchema = v.variant("kind", [
  /** OpenSSH private key, with the host keys that are accepted (`known_hosts` lines). */
  v.object({
    kind: v.literal("deploy_key"),
    private_key: v.string(),
    known_hosts: v.optional(v.string()),
  }),
  /** Over https: user name and token. */
  v.object({ kind: v.literal("token"), user: v.string(), token: v.string() }),
]);
export type Credential = v.InferOutput<typeof CredentialSchema>;

/** The repository, always the project's own, and how it is checked out. */
const RepositorySchema = v.object({
  url: v.string(),
  credential: v.optional(CredentialSchema),
  submodules: v.boolean(),
  lfs: v.boolean(),
  /**
   * Whether the repository and the hosts that commands reach may be at loopback or private addresses, or
   * the repository a `file:`.
   */
  allow_private: v.boolean(),
});

/** A branch or tag, by its short or full name: every name that git accepts, because a push may bring it. */
export const RefNameSchema = v.pipe(
  v.string(),
  v.maxLength(1000),
  v.regex(/^[^- ~^:?*[\\\p{Cc}][^ ~^:?*[\\\p{Cc}]*$/u, "the name of a branch or tag"),
  v.check(
    (name) => !/\.\.|@\{|(^|\/)(\.|\/|$)|\.$|\.lock(\/|$)/.test(name),
    "the name of a branch or tag",
  ),
);
const shortCommitName = v.pipe(v.string(), v.regex(/^[0-9a-f]{4,64}$/, "a commit's name"));

/** The commits of a run. */
export const RevisionSchema = v.variant("of", [
  /** One commit, as a push names it. `ref` is the pushed ref in full: `refs/heads/main`. */
  v.object({
    of: v.literal("commit"),
    commit: CommitNameSchema,
    ref: v.optional(RefNameSchema),
    /** The ref's commit before the push, which tells the changed files. */
    before: v.optional(CommitNameSchema),
  }),
  /** The tip of a branch or tag, by its short or full name; absent: the default branch. */
  v.object({ of: v.literal("ref"), ref: v.optional(RefNameSchema) }),
  /** These commits, in this order; each name may be abbreviated. */
  v.object({
    of: v.literal("commits"),
    commits: v.pipe(v.array(shortCommitName), v.minLength(1), v.maxLength(MAX_NAMED_COMMITS)),
  }),
  /** The last commit of each day (UTC) of the last `days` days on a branch; absent: the default one. */
  v.object({
    of: v.literal("history"),
    days: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(366)),
    ref: v.optional(RefNameSchema),
  }),
]);
export type Revision = v.InferOutput<typeof RevisionSchema>;

/** An argument of a program. */
const argument = v.pipe(v.string(), v.maxLength(65_536), v.regex(/^[^\0]*$/, "NUL can't be in it"));

/** Five fields, UTC. */
const cronLine = v.pipe(v.string(), v.maxLength(200));

/** The work at each of the commits. */
export const TaskSchema = v.variant("do", [
  /** The commands of the project's `.deferred-server` file; without the file a churn report. */
  v.object({
    do: v.literal("file"),
    /** Reads the file from this commit instead: a fork's own file is a stranger's. */
    file_from: v.optional(CommitNameSchema),
    /** Index of the file's `schedule` entry whose commands run; absent: the file's `commands`. */
    schedule: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    /** That entry's own line: a different line at its index is a different entry. */
    cron: v.optional(cronLine),
  }),
  /** A caller's command: a text runs as `bash -c`, a list as exactly these arguments. */
  v.object({
    do: v.literal("exec"),
    command: v.union([
      v.pipe(argument, v.minLength(1)),
      v.pipe(v.array(argument), v.minLength(1), v.maxLength(1000)),
    ]),
  }),
  /** Boots the app that the file names under `serve`, sends it one request and keeps the answer. */
  v.object({
    do: v.literal("request"),
    method: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,20}$/, "a method such as GET")),
    /** Path with its query, starting with `/`. */
    path: v.pipe(
      v.string(),
      v.maxLength(8192),
      v.regex(/^\/[\x21-\x7e]*$/, "a path such as /users?page=2"),
    ),
    headers: v.record(
      v.pipe(v.string(), v.regex(/^[!#$%&'*+.^_`|~\w-]{1,200}$/, "a header's name")),
      v.pipe(
        v.string(),
        v.maxLength(8192),
        v.regex(/^[^\0\r\n]*$/, "a header's value is one line"),
      ),
    ),
    /** Base64; absent: none. */
    body: v.optional(v.pipe(v.string(), v.base64())),
  }),
]);
export type Task = v.InferOutput<typeof TaskSchema>;

/** A project's commands, as the server stores the run, without any secret. */
const StoredCommandSchema = v.object({
  kind: v.literal("command"),
  /** The runtime of the commands: always `bash`, which every machine has. */
  runtime: v.string(),
  project: v.string(),
  revision: RevisionSchema,
  task: TaskSchema,
  /** The cause of the run. */
  trigger: v.picklist(["push", "pull_request", "schedule", "exec", "request", "replay"]),
  /** A fork's work: no secrets, no caches. */
  stranger: v.boolean(),
  /** Passes of the file's matrix that do not run. */
  taken_over: v.optional(v.array(TakenOverSchema)),
  /** The server's maxima; the file may ask for less. */
  limits: EffectiveLimitsSchema,
});
export type StoredCommand = v.InferOutput<typeof StoredCommandSchema>;

/** The same as a responder gets it: with the project's current secrets and credential. */
export const CommandWorkSchema = v.object({
  ...StoredCommandSchema.entries,
  repository: RepositorySchema,
  /** The project's secrets, by name. Commands get only those that the file names. */
  secrets: v.record(SecretNameSchema, v.string()),
  /** Whether cache folders are restored and saved. */
  caches: v.boolean(),
});
export type CommandWork = v.InferOutput<typeof CommandWorkSchema>;

/** A commit, as git describes it. */
export const CommitSchema = v.object({
  sha: CommitNameSchema,
  /** The whole message; its first line is the subject. Cut at 10,000 characters. */
  message: v.pipe(v.string(), v.maxLength(10_000)),
  author_name: v.pipe(v.string(), v.maxLength(500)),
  author_email: v.pipe(v.string(), v.maxLength(500)),
  /** RFC 3339. */
  committed_at: v.pipe(v.string(), v.maxLength(100)),
});
export type Commit = v.InferOutput<typeof CommitSchema>;

/** An entry of the file's `schedule`. */
const ScheduleSchema = v.object({ cron: cronLine });

/**
 * `POST /v1/responder/runs/{run}/checkout`, answered `{}`: the commits and refs that the checkout found.
 * Idempotent: a different answer of the same attempt is refused. It counts only for the commit and the ref
 * that the run was made for.
 */
export const CheckoutRequestSchema = v.object({
  attempt: AttemptNumberSchema,
  commits: v.pipe(
    v.array(CommitSchema),
    v.minLength(1),
    v.maxLength(400),
    v.check(
      (commits) => commits.reduce((sum, { message }) => sum + message.length, 0) <= MAX_MESSAGES,
      `messages of ${MAX_MESSAGES} characters together`,
    ),
  ),
  /** The requested ref, or the default branch, in full; absent: none. */
  ref: v.optional(RefNameSchema),
  /** Name of the repository's default branch. */
  default_branch: v.optional(RefNameSchema),
  /** Names of the secrets that the file's commands get; absent where no file was read. */
  secrets: v.optional(v.pipe(v.array(SecretNameSchema), v.maxLength(MAX_SECRETS))),
  /** The file's schedule, where the file was read at the commit that is the default branch's tip now. */
  schedule: v.optional(v.pipe(v.array(ScheduleSchema), v.maxLength(20))),
});
export type CheckoutRequest = v.InferOutput<typeof CheckoutRequestSchema>;

const cacheName = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** `POST /v1/responder/runs/{run}/caches`: each name is the responder's digest of folder and key. */
export const RestoreCachesRequestSchema = v.object({
  attempt: AttemptNumberSchema,
  names: v.pipe(v.array(cacheName), v.maxLength(MAX_CACHES)),
});
export const RestoreCachesAnswerSchema = v.object({
  /** In the order of the names; null where nothing is stored. */
  caches: v.array(v.nullable(v.object({ url: v.string(), sha256: v.string(), size: v.number() }))),
});

/** A stored cache folder: gzip-compressed tar. */
export const SavedCacheSchema = v.object({
  name: cacheName,
  size: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
  /** Lower-case hex. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type SavedCache = v.InferOutput<typeof SavedCacheSchema>;

/** `POST /v1/responder/runs/{run}/caches/save`; answered like a manifest of artifacts. */
export const SaveCachesRequestSchema = v.object({
  attempt: AttemptNumberSchema,
  caches: v.pipe(v.array(SavedCacheSchema), v.maxLength(MAX_CACHES)),
});
