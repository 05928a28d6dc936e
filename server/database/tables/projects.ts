import type { ColumnType, Generated } from "kysely";
import type { ProjectSettings } from "../../../protocol/projects.ts";
import type { Actor, ActorKind } from "../../../protocol/actors.ts";
import type { TokenScope } from "../../../protocol/tokens.ts";
import type { OutgoingEvent } from "../../../protocol/notices.ts";
import type { PublicJwk, RequestParts } from "../../../protocol/requests.ts";
import type { Json } from "../json.ts";

type Settings = Json<Partial<ProjectSettings>>;

export interface DeliveriesTable {
  id: string;
  /** In the order of arrival, over all projects. */
  number: number;
  project: string;
  provider: "github" | "gitlab" | "generic";
  event: string;
  delivery_id: string | null;
  body_digest: string;
  /** Without signatures. */
  headers: Json<Record<string, string>>;
  body: string;
  received_at: number;
  outcome: "run" | "duplicate" | "held" | "ignored";
  detail: string;
  run: string | null;
  replay_of: string | null;
  /** Who asked for this replay; null for a delivery that the provider sent. */
  replayed_by: ColumnType<Json<Actor> | null, Json<Actor> | null | undefined, never>;
}

export interface NoticesTable {
  id: string;
  project: string;
  run: string;
  /** A channel's: `mail`, `commit_status`, `hook`. */
  kind: string;
  target: string;
  what: string;
  hook: string | null;
  /** The text that is sent, without any secret. */
  body: string;
  created_at: number;
  /** Null: sent, or given up. */
  next_at: number | null;
  tries: number;
  sent_at: number | null;
  answer: string | null;
}

export interface ApiTokensTable {
  hash: string;
  /** Null: a user's; if there is no user either, the owner's, which has neither id, scope nor expiry. */
  project: string | null;
  /** Whose roles it has. */
  user: ColumnType<string | null, string | undefined, never>;
  /** The user who made a project's token; null: the owner's token, or the server's owner. */
  made_by: ColumnType<string | null, string | null | undefined, never>;
  label: string;
  created_at: number;
  id: ColumnType<string | null, string | undefined, never>;
  scope: ColumnType<TokenScope | null, TokenScope | undefined, never>;
  expires_at: ColumnType<number | null, number | undefined, never>;
  /** Written once a minute at most. */
  used_at: ColumnType<number | null, undefined, number>;
}

export interface SessionsTable {
  hash: string;
  /** Names it in lists; grants nothing. */
  id: string;
  user: string;
  created_at: number;
  expires_at: number;
  /** When its user last proved to be who they are: by a link, a password or a passkey. */
  proved_at: number;
  /** Written once a minute at most. */
  used_at: number;
  /** What the browser called itself. */
  agent: string;
}

export interface AuditTable {
  number: Generated<number>;
  at: number;
  actor_kind: ActorKind;
  /** The token's or the user's id, or `owner`. */
  actor: string;
  actor_name: string;
  project: string | null;
  action: string;
  path: string;
  /** Null until the call was answered. */
  status: number | null;
  location: string | null;
  /** What the call was about beside its path: names of settings, never values. */
  detail: ColumnType<string | null, string | null | undefined, string>;
}

/** Tables of projects and their owners. */
export interface ProjectTables {
  projects: {
    slug: string;
    created_at: number;
    repository: string | null;
    default_branch: string | null;
    /** Only the settings that were changed; `ProjectSettingsSchema` adds the defaults. */
    settings: ColumnType<Settings, Settings | undefined, Settings>;
    /** Tombstone: the name of a removed project is never reused. */
    removed_at: number | null;
    /** When its secrets were deleted for good; until then it can be restored. */
    purged_at: ColumnType<number | null, undefined, number>;
    /** When the repository's branches and tags were last listed. */
    refs_seen_at: ColumnType<number | null, number | null | undefined, number | null>;
  };
  /** The last known commits of branches and tags, from deliveries and from polling the repository. */
  known_refs: {
    project: string;
    ref: string;
    sha: string;
    /** The commit before, as the delivery states it. */
    before: string | null;
    moved_at: number;
  };
  api_tokens: ApiTokensTable;
  audit: AuditTable;
  keys: {
    project: string;
    kid: string;
    jwk: Json<PublicJwk>;
    label: string | null;
    created_at: number;
    /** Null: the server, or not known, as the key is older than this column. */
    added_by: ColumnType<Json<Actor> | null, Json<Actor> | null | undefined, never>;
    revoked_at: number | null;
    /** Null: it is in use, or not known, as it was revoked before this column was there. */
    revoked_by: ColumnType<Json<Actor> | null, never, Json<Actor> | null>;
  };
  revoked_blocks: { project: string; jti: string; revoked_at: number };
  /** Files in storage, of blocks that are published or about to be. */
  block_files: {
    project: string;
    /** The id of the block, which may not be registered yet. */
    block: string;
    sha256: string;
    size: number;
    /** When their upload was last signed. */
    announced_at: number;
  };
  registered_blocks: {
    project: string;
    /** See `blockId`. */
    id: string;
    /** See `tokenDigest`. */
    digest: string;
    token: string;
    /** Canonical code. */
    code: string;
    /** What a run needs besides. */
    parts: Json<RequestParts>;
    created_at: number;
    /** Null: it has no public page. */
    published_at: number | null;
    /** When its page was last taken away. */
    unpublished_at: number | null;
    /** The name that it was last published as. */
    name: string | null;
    named_at: number | null;
    /** What lists call it: see `blockTitle`. */
    title: string;
    runtime: string;
    /** Counts since it was registered; they outlive the runs. */
    runs: ColumnType<number, undefined, number>;
    /** Runs that neither succeeded nor were canceled. */
    failures: ColumnType<number, undefined, number>;
    /** Requests that made a run or waited for one. */
    readers: ColumnType<number, undefined, number>;
    /** 0: it never ran. */
    last_run_at: ColumnType<number, undefined, number>;
  };
  project_secrets: {
    project: string;
    /** `secret`: given to its commands. `own`: used by the server and the checkout. */
    kind: "secret" | "own";
    name: string;
    /** Encrypted under the master key. */
    sealed: string;
    set_at: number;
    /** Null: the server, or not known, as the text is older than this column. */
    set_by: ColumnType<Json<Actor> | null, Json<Actor> | null | undefined, Json<Actor> | null>;
  };
  hooks: { id: string; project: string };
  schedules: { project: string; position: number; cron: string; next_at: number | null };
  sessions: SessionsTable;
  sign_in_links: { hash: string; expires_at: number };
  outgoing_hooks: {
    id: string;
    project: string;
    url: string;
    sealed_secret: string;
    events: Json<OutgoingEvent[]>;
    created_at: number;
    removed_at: number | null;
  };
  /** Counts incoming webhooks with a missing or wrong signature, by the error code of the answer. */
  refused_deliveries: {
    project: string;
    provider: DeliveriesTable["provider"];
    code: string;
    count: number;
    first_at: number;
    last_at: number;
  };
  deliveries: DeliveriesTable;
  /** Strangers whose pull requests run without another approval. */
  approved_authors: {
    project: string;
    provider: DeliveriesTable["provider"];
    /** The provider's id of the person. */
    author: string;
    name: string;
    approved_by: Json<Actor>;
    approved_at: number;
  };
  notices: NoticesTable;
}
