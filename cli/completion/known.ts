import { plainLine } from "../../protocol/terminal-text.ts";
import { paths } from "../../protocol/paths.ts";
import { ProjectListSchema, RunListSchema } from "../../protocol/projects.ts";
import { call } from "../api.ts";
import { connect } from "../client.ts";
import type { Arguments } from "../command.ts";

/** What a server knows that a shell may offer. */
export const KNOWN = ["projects", "runs"] as const;
export type Known = (typeof KNOWN)[number];

/** Somebody waits at a prompt. */
const PATIENCE_MS = 1000;
const MOST_RUNS = 30;

/** A line for each, with what it is behind a tab; none where the server can't be asked, or not at once. */
export async function knownLines(kind: Known, args: Arguments): Promise<string[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const { url, token } = await connect(args);
    const options = { token, signal };
    const { projects } = await call(url + paths.projects, ProjectListSchema, options);
    if (kind === "projects") {
      return projects.map(({ slug, repository }) => lineOf(slug, repository ?? "no repository"));
    }
    const lists = await Promise.all(
      projects.map(({ slug }) =>
        call(`${url}${paths.projectRuns(slug)}?limit=${MOST_RUNS}`, RunListSchema, options),
      ),
    );
    return lists
      .flatMap(({ runs }) => runs)
      .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
      .slice(0, MOST_RUNS)
      .map(({ id, state, project, title }) =>
        lineOf(id, `${state.replace("_", " ")} ${project} ${title}`),
      );
  } catch {
    // At a prompt nobody reads what is wrong: the command itself tells.
    return [];
  }
}

function lineOf(word: string, about: string): string {
  return `${plainLine(word)}\t${plainLine(about, 60)}`;
}
