import type { Selectable } from "kysely";
import type { NoticesTable } from "../../database/tables/projects.ts";
import type { Project } from "../../projects/projects.ts";
import type { RunRow } from "../../runs/record.ts";
import type { SendOutcome } from "../outcome.ts";

export type NoticeRow = Selectable<NoticesTable>;

/** A notice for a run's state. */
export interface Draft {
  target: string;
  what: string;
  /** Id of its outgoing hook. */
  hook?: string;
  /** The body, ready to send; it holds no secret. */
  body: string;
}

/** A channel for notices about runs. To add one, write its file here and name it in channels.ts. */
export interface Channel {
  /** Names the channel in the database and in the API. */
  readonly kind: string;
  /** Its name on pages. */
  readonly label: string;
  /** A notice waits for earlier unsent ones to its target: those of its run, or of its whole branch. */
  readonly ordered: "by run" | "by branch";
  /** Whether a newer notice replaces unsent ones to the same target. */
  readonly keepsLatest?: boolean;
  /** The notices of the run's state. The outbox drops those that exist already. */
  drafts(row: RunRow, project: Project): Promise<readonly Draft[]>;
  /** Tries once; a rejection is retried. */
  send(notice: NoticeRow, project: Project, signal: AbortSignal): Promise<SendOutcome>;
  close?(): void;
}
