import type { BaseIssue } from "valibot";
import * as v from "valibot";
import { RefNameSchema, type Commit } from "../../protocol/command.ts";
import { matchesWildcard } from "../../protocol/glob.ts";
import { skipWords } from "../../protocol/skip-words.ts";
import type { CommandOrder } from "../commands/submit.ts";
import { firstIssue } from "../http/json-body.ts";
import type { Project } from "../projects/projects.ts";

/** What a delivery means for a project: a run, or nothing and why, as a sentence. */
export type Decision = (
  | { run: DecidedRun; ignored?: undefined }
  | { run?: undefined; ignored: string }
) & {
  /** Where the payload names it. */
  defaultBranch?: string | undefined;
  /** Of a push, whether or not anything is run for it. */
  moved?: MovedRef;
};

/** Where a push left a branch or tag; `after` is all zeros where it was deleted. */
export interface MovedRef {
  ref: string;
  before?: string | undefined;
  after: string;
}

export interface DecidedRun extends Pick<
  CommandOrder,
  "revision" | "task" | "stranger" | "title" | "ref" | "commits" | "laneOf"
> {
  trigger: "push" | "pull_request";
  /** Its file is taken from the commit that was pushed to this branch last: the payload names no base. */
  fileFromTipOf?: string;
}

export type Decide = (
  payload: unknown,
  event: string,
  project: Pick<Project, "repository" | "settings">,
) => Decision;

/** A full name, branches and tags alone. */
export const PushedRefSchema = v.pipe(
  RefNameSchema,
  v.regex(/^refs\/(heads|tags)\/./, "the full name of a branch or tag"),
);

/** A commit as GitHub and GitLab tell of it in a push. */
const PushedCommitSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/)),
  message: v.string(),
  timestamp: v.nullish(v.string(), ""),
  author: v.nullish(
    v.object({ name: v.nullish(v.string(), ""), email: v.nullish(v.string(), "") }),
    { name: "", email: "" },
  ),
});
export const PushedCommitsSchema = v.nullish(v.array(PushedCommitSchema), []);
export const PushedCommitOrNoneSchema = v.nullish(PushedCommitSchema);
export type PushedCommit = v.InferOutput<typeof PushedCommitSchema>;

/** A commit before a branch's first and after its last. */
export const isNoCommit = (name: string) => /^0+$/.test(name);

/** In the form in which it is kept. */
export function commitOf({ id, message, timestamp, author }: PushedCommit): Commit {
  return {
    sha: id,
    message: message.slice(0, 10_000),
    author_name: author.name.slice(0, 500),
    author_email: author.email.slice(0, 500),
    committed_at: timestamp,
  };
}

/** `branch main`, `tag v1`, `pull request 12`, `merge request 12`. */
export function refInWords(ref: string): string {
  return ref
    .replace(/^refs\/heads\//, "branch ")
    .replace(/^refs\/tags\//, "tag ")
    .replace(/^refs\/(pull|merge)(?:-requests)?\/(\d+)\/head$/, "$1 request $2");
}

/** Why the project's rules leave a pushed ref out; undefined where they do not. */
export function leftOut(ref: string, { settings }: Pick<Project, "settings">): string | undefined {
  const isTag = ref.startsWith("refs/tags/");
  const name = ref.replace(/^refs\/(heads|tags)\//, "");
  const rules = isTag ? settings.tags : settings.branches;
  if (rules.some((rule) => matchesWildcard(rule, name))) return undefined;
  const kind = isTag ? "tags" : "branches";
  const named = rules.length === 0 ? "none" : rules.join(", ");
  return `The project's rules leave ${refInWords(ref)} out: its ${kind} are ${named}.`;
}

/** Why nothing is run for a commit with this message; undefined where something is. */
export function skippedBy(message: string | undefined): string | undefined {
  const words = message === undefined ? undefined : skipWords(message);
  return words && `The head commit's message says ${words}: nothing is run.`;
}

export function notUnderstood(what: string, issues: readonly BaseIssue<unknown>[]): Decision {
  return {
    ignored: `The ${what} does not have the form that is documented: ${firstIssue(issues)}.`,
  };
}
