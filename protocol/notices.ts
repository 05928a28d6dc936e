import * as v from "valibot";
import { RunSummarySchema } from "./projects.ts";
import { EndStateSchema } from "./run.ts";

export const OUTGOING_EVENTS = ["run.started", "run.ended"] as const;
export type OutgoingEvent = (typeof OUTGOING_EVENTS)[number];
/** Body of `POST /v1/projects/{owner}/{name}/outgoing-hooks`. */
export const OutgoingHookRequestSchema = v.strictObject({
  url: v.pipe(v.string(), v.url(), v.maxLength(2000)),
  events: v.optional(v.pipe(v.array(v.picklist(OUTGOING_EVENTS)), v.minLength(1)), ["run.ended"]),
});
export const OutgoingHookSchema = v.object({
  id: v.string(),
  url: v.string(),
  events: v.array(v.picklist(OUTGOING_EVENTS)),
  created_at: v.string(),
  /** `whsec_…`, only in the answer that created it. */
  secret: v.optional(v.string()),
});
export const OutgoingHookListSchema = v.object({ outgoing_hooks: v.array(OutgoingHookSchema) });

/** Body of an outgoing webhook; the envelope is Standard Webhooks' `{type, timestamp, data}`. */
export const OutgoingBodySchema = v.object({
  type: v.picklist(OUTGOING_EVENTS),
  timestamp: v.string(),
  data: v.object({
    project: v.string(),
    run: RunSummarySchema,
    /** With `run.ended`. */
    state: v.optional(EndStateSchema),
  }),
});

export type OutgoingBody = v.InferOutput<typeof OutgoingBodySchema>;

/** A mail, a commit status or an outgoing webhook, with its outcome. */
const NoticeSchema = v.object({
  id: v.string(),
  /** `mail`, `commit_status`, `hook`. */
  kind: v.string(),
  /** An address, a URL, or `owner/name@commit`. */
  target: v.string(),
  run: v.string(),
  /** `failure`, `recovery`, `pending`, `run.ended`, … */
  what: v.string(),
  created_at: v.string(),
  state: v.picklist(["waiting", "sent", "given_up"]),
  tries: v.number(),
  /** While waiting: the time of the next try. */
  next_at: v.nullable(v.string()),
  /** The answer to the last try, as a sentence. */
  answer: v.nullable(v.string()),
});
export type Notice = v.InferOutput<typeof NoticeSchema>;
export const NoticeListSchema = v.object({
  notices: v.array(NoticeSchema),
  /** Where there are more: the value of `before` for the next page. */
  older: v.optional(v.string()),
});
