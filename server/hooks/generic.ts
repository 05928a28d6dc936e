import * as v from "valibot";
import { CommitNameSchema } from "../../protocol/command.ts";
import { leftOut, notUnderstood, PushedRefSchema, refInWords, type Decide } from "./decision.ts";

/** The body of a generic sender: Standard Webhooks' envelope with a `push` in it. */
const PushSchema = v.object({
  data: v.object({
    /** A branch's name, or a branch or tag in full: `refs/tags/v1`. */
    ref: v.pipe(
      v.string(),
      v.transform((ref) => (ref.startsWith("refs/") ? ref : `refs/heads/${ref}`)),
      PushedRefSchema,
    ),
    /** Absent: the ref's tip at the time of the run. */
    commit: v.optional(CommitNameSchema),
    /** Title for people. */
    title: v.optional(v.string()),
  }),
});

/** Decides on a generic signed webhook, by the body's `type`. */
export const decideGeneric: Decide = (payload, event, project) => {
  if (event !== "push") return { ignored: `Nothing is done for the type ${event}; push is known.` };
  const push = v.safeParse(PushSchema, payload);
  if (!push.success) return notUnderstood("push", push.issues);
  const { ref, commit, title } = push.output.data;
  const moved = commit && { moved: { ref, after: commit } };
  const why = leftOut(ref, project);
  if (why !== undefined) return { ignored: why, ...moved };
  return {
    ...moved,
    run: {
      trigger: "push",
      revision: commit ? { of: "commit", commit, ref } : { of: "ref", ref },
      task: { do: "file" },
      stranger: false,
      title: title?.trim() || `${commit ? `${commit.slice(0, 12)} on ` : ""}${refInWords(ref)}`,
      ref,
      laneOf: ref,
    },
  };
};
