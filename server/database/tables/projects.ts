import type { ColumnType } from "kysely";
import type { ProjectSettings } from "../../../protocol/projects.ts";
import type { OutgoingEvent } from "../../../protocol/notices.ts";
import type { PublicJwk } from "../../../protocol/requests.ts";
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
  outcome: "run" | "duplicate" | "ignored";
  detail: string;
  run: string | null;
  replay_of: string | null;
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

/** What belongs to projects and their owners. */
export interface ProjectTables {
  projects: {
    slug: string;
    created_at: number;
    repository: string | null;
    default_branch: string | null;
    /** Those that were set; `ProjectSettingsSchema` adds the others. */
    settings: ColumnType<Settings, Settings | undefined, Settings>;
    /** Its name is not given to another. */
    removed_at: number | null;
    /** When the repository's branches and tags were last looked at. */
    refs_seen_at: ColumnType<number | null, number | null | undefined, number | null>;
  };
  /** Where branches and tags are, as deliveries and looks at the repository told. */
  known_refs: {
    project: string;
    ref: string;
    sha: string;
    /** Where it was before, as the delivery says. */
    before: string | null;
    moved_at: number;
  };
  /** Without a project: for every one. */
  api_tokens: { hash: string; project: string | null; label: string; created_at: number };
  keys: {
    project: string;
    kid: string;
    jwk: Json<PublicJwk>;
    label: string | null;
    created_at: number;
    revoked_at: number | null;
  };
  revoked_blocks: { project: string; jti: string; revoked_at: number };
  project_secrets: {
    project: string;
    /** `secret`: for its commands. `own`: what the server and the checkout need. */
    kind: "secret" | "own";
    name: string;
    /** Encrypted under the master key. */
    sealed: string;
    set_at: number;
  };
  hooks: { id: string; project: string };
  schedules: { project: string; position: number; cron: string; next_at: number | null };
  sessions: { hash: string; created_at: number; expires_at: number };
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
  /** Incoming webhooks whose signature was missing or wrong, by the problem they were answered with. */
  refused_deliveries: {
    project: string;
    provider: DeliveriesTable["provider"];
    code: string;
    count: number;
    first_at: number;
    last_at: number;
  };
  deliveries: DeliveriesTable;
  notices: NoticesTable;
}
