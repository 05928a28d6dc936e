import type { Selectable } from "kysely";
import type { NoticesTable } from "../../database/tables/projects.ts";
import type { Project } from "../../projects/projects.ts";
import type { RunRow } from "../../runs/record.ts";
import type { SendOutcome } from "../outcome.ts";

export type NoticeRow = Selectable<NoticesTable>;

/** A notice that a run's state asks for. */
export interface Draft {
  target: string;
  what: string;
  /** Id of the outgoing hook that it goes to. */
  hook?: string;
  /** Sent as it is; without any secret. */
  body: string;
}

/** A way to tell others how runs go. To add one, write its file here and name it in channels.ts. */
export interface Channel {
  /** Names the channel in the database and in the API. */
  readonly kind: string;
  /** What pages call it. */
  readonly label: string;
  /** A notice waits for earlier ones to its target that are not sent: those of its run, or of its whole branch. */
  readonly ordered: "by run" | "by branch";
  /** Whether a newer notice makes those to the same target pointless that are not sent. */
  readonly keepsLatest?: boolean;
  /** The notices that the run's state asks for. Those that were made before are left out by the outbox. */
  drafts(row: RunRow, project: Project): Promise<readonly Draft[]>;
  /** Tries once; a rejection is worth another try. */
  send(notice: NoticeRow, project: Project, signal: AbortSignal): Promise<SendOutcome>;
  close?(): void;
}
