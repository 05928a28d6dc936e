import { RunEventBodySchema } from "../../protocol/events.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import {
  LeaveRequestSchema,
  RunRequestSchema,
  WakeAnswerSchema,
  WakeRequestSchema,
} from "../../protocol/requests.ts";
import { RunCreatedSchema, RunViewSchema, StoredResultsSchema } from "../../protocol/run.ts";
import { describe } from "../http/openapi/describe.ts";

const run = { id: "The run's id: 26 characters." };
/** The errors of a limit on open streams. */
const crowded: ErrorCode[] = ["rate_limited", "overloaded"];
const readErrors: ErrorCode[] = ["run_not_found", "run_expired", "token_missing", "token_wrong"];
const stream = "text/event-stream";
const badBlock: ErrorCode[] = [
  "token_malformed",
  "token_too_large",
  "token_type_wrong",
  "token_algorithm_refused",
  "token_claims_invalid",
  "key_unknown",
  "key_revoked",
  "signature_invalid",
  "block_expired",
  "block_not_yet_valid",
  "audience_wrong",
  "origin_refused",
];

/** The OpenAPI descriptions of the public run calls. */
export const runDocs = {
  create: describe({
    tag: "Runs",
    summary: "Run a signed block",
    description:
      "With `Accept: text/plain` the answer is the program's output as it comes, until it has ended, without control sequences other than colours; `?raw=1` leaves them in. A block with `cache_s` shares a run that is in flight, or is answered by a stored result; a prefetching browser or a crawler gets such an answer alone, and never starts a run.",
    headers: {
      "Idempotency-Key":
        "16 characters or more, kept for 24 hours: a repeated request gives the same run.",
    },
    body: RunRequestSchema,
    answers: {
      200: ["A stored result answers: the run has ended.", RunCreatedSchema],
      202: ["The run is on its way.", RunCreatedSchema],
    },
    errors: [
      "rate_limited",
      "project_queue_full",
      "queue_full",
      "overloaded",
      ...badBlock,
      "code_too_large",
      "code_empty",
      "code_unacceptable",
      "code_mismatch",
      "run_unasked",
      "network_edit_refused",
      "network_refused",
      "runtime_unknown",
      "input_invalid",
      "header_invalid",
      "idempotency_key_reused",
    ],
  }),
  read: describe({
    tag: "Runs",
    summary: "Look at a run",
    parameters: run,
    description:
      "Anybody who knows the id may read a block's run. A project's own runs, here and in the other calls, are for those who may read the project.",
    answers: { 200: ["The run.", RunViewSchema], 303: ["For browsers: the run's page."] },
    errors: readErrors,
  }),
  leave: describe({
    tag: "Runs",
    summary: "Leave a run",
    description:
      "The caller of the cancel token leaves; the run is canceled when no caller is left. A project's own run is canceled by its API token.",
    parameters: run,
    headers: {
      Authorization:
        "Bearer and the run's cancel token, unless the body holds it; or the API token.",
    },
    body: LeaveRequestSchema,
    bodyRequired: false,
    answers: { 200: ["The run after it.", RunViewSchema] },
    errors: [...readErrors, "cancel_token_wrong"],
  }),
  follow: describe({
    tag: "Runs",
    summary: "Follow a run",
    description:
      "Server-sent events; an event's id is the run's own number. 204 once all have been sent.",
    parameters: run,
    headers: { "Last-Event-ID": "Resumes after this event, without loss or repeat." },
    query: { after: "The same, for a client that can't set headers." },
    answers: {
      200: ["Events, each with the run's id, its number and its time.", RunEventBodySchema, stream],
      204: ["The run has ended and nothing comes after this event."],
    },
    errors: [...readErrors, ...crowded, "header_invalid", "query_invalid"],
  }),
  result: describe({
    tag: "Results",
    summary: "Find a run's result",
    parameters: run,
    description:
      "The address of a block's result lasts; that of a project's own is good for five minutes. A browser is sent to the run's page, unless `?format=json` asks for the result.",
    answers: {
      302: ["Its address, in Location."],
      303: ["For browsers: the run's page."],
    },
    errors: [...readErrors, "run_not_finished"],
  }),
  stored: describe({
    tag: "Results",
    summary: "Find stored results of blocks",
    description:
      "For a page that opens: it never starts a run, wakes a machine or stores anything. Each result is of the author's own code with its default inputs, and may be older than the block's `cache_s`: show its age. Only blocks with `cache_s` have one.",
    query: { block: "A block's token; repeat it for more blocks, 16 at most." },
    answers: {
      200: [
        "For each block, in their order: its newest stored result; null where none is stored, or the server would refuse the block.",
        StoredResultsSchema,
      ],
    },
    errors: ["query_invalid", "rate_limited"],
  }),
  artifact: describe({
    tag: "Results",
    summary: "Find an artifact of a project's own run",
    parameters: { ...run, attempt: "The attempt's number.", name: "The file's path." },
    answers: { 302: ["Its address, good for five minutes, in Location."] },
    errors: [...readErrors, "file_not_found"],
  }),
  document: describe({
    tag: "Results",
    summary: "Frame the document that a block leaves",
    parameters: run,
    description:
      "The first artifact of the type that the block's signed `show` names, html or pdf, in an opaque origin, for frames alone.",
    answers: { 200: ["The document.", undefined, "text/html"] },
    errors: [...readErrors, "file_not_found"],
  }),
  followMany: describe({
    tag: "Runs",
    summary: "Follow many runs on one connection",
    query: { runs: "`<id>:<after>`, separated by commas; 64 at most." },
    headers: { "Last-Event-ID": "The id of the last event seen: it holds every run's place." },
    answers: {
      200: ["Events of all of them.", RunEventBodySchema, stream],
      204: ["All have ended and nothing comes after these places."],
    },
    errors: ["query_invalid", "header_invalid", ...readErrors, ...crowded],
  }),
  wake: describe({
    tag: "Runs",
    summary: "Hint that a reader may soon run a block",
    description: "Taken only for blocks that name their origins, and only from one of them.",
    body: WakeRequestSchema,
    answers: { 200: ["What was made of the hint.", WakeAnswerSchema] },
    errors: [...badBlock, "wake_refused", "rate_limited", "overloaded"],
  }),
};
