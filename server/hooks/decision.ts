import type { BaseIssue } from "valibot";
import * as v from "valibot";
import { RefNameSchema, type Commit } from "../../protocol/command.ts";
import { matchesWildcard } from "../../protocol/glob.ts";
import { skipWords } from "../../protocol/skip-words.ts";
import type { CommandOrder } from "../commands/submit.ts";
import { firstIssue } from "../http/json-body.ts";
import type { Project } from "../projects/projects.ts";

/** The meaning of a delivery for a project: a run, or none with the reason as a sentence. */
export type Decision = (
  | { run: DecidedRun; ignored?: undefined }
  | { run?: undefined; ignored: string }
) & {
  /** Where the payload names it. */
  defaultBranch?: string | undefined;
  /** Set for a push, also where it starts no run. */
  moved?: MovedRef;
};

/** A branch or tag after a push; `after` is all zeros where it was deleted. */
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
  /** Who opened the pull request; absent where the payload does not say. */
  author?: RequestAuthor | undefined;
  /** The file comes from the last commit pushed to this branch, because the payload names no base. */
  fileFromTipOf?: string;
}

/** A person at the provider. */
export interface RequestAuthor {
  /** The provider's own id, which renames don't change. */
  id: string;
  name: string;
}

export type Decide = (
  payload: unknown,
  event: string,
  project: Pick<Project, "repository" | "settings">,
) => Decision;

/** A full ref name; branches and tags only. */
export const PushedRefSchema = v.pipe(
  RefNameSchema,
  v.regex(/^refs\/(heads|tags)\/./, "the full name of a branch or tag"),
);

/** A commit in a push of GitHub or GitLab. */
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

/** The all-zeros object name: before a branch's first commit and after its deletion. */
export const isNoCommit = (name: string) => /^0+$/.test(name);

/** The commit in its stored form. */
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

/** The reason why the project's rules exclude a pushed ref; undefined where they include it. */
export function leftOut(ref: string, { settings }: Pick<Project, "settings">): string | undefined {
  const isTag = ref.startsWith("refs/tags/");
  const name = ref.replace(/^refs\/(heads|tags)\//, "");
  const rules = isTag ? settings.tags : settings.branches;
  if (rules.some((rule) => matchesWildcard(rule, name))) return undefined;
  const kind = isTag ? "tags" : "branches";
  const named = rules.length === 0 ? "none" : rules.join(", ");
  return `The project's rules leave ${refInWords(ref)} out: its ${kind} are ${named}.`;
}

/** The reason why a commit with this message starts no run; undefined where it starts one. */
export function skippedBy(message: string | undefined): string | undefined {
  const words = message === undefined ? undefined : skipWords(message);
  return words && `The head commit's message says ${words}: nothing is run.`;
}

export function notUnderstood(what: string, issues: readonly BaseIssue<unknown>[]): Decision {
  return {
    ignored: `The ${what} does not have the form that is documented: ${firstIssue(issues)}.`,
  };
}
