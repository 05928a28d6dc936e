import { plainLine } from "../../protocol/terminal-text.ts";
import { connect } from "../api/client.ts";
import { listProjects, listRuns } from "../api/lists.ts";

/** Short, as a person waits at a prompt. */
const TIMEOUT_MS = 1000;
const MAX_RUNS = 30;

export interface LiveValue {
  value: string;
  about: string;
}

/** The projects that the server knows; none if it does not answer at once. */
export function projectNames(): Promise<LiveValue[]> {
  return orNone(async (signal) => {
    const projects = await listProjects(await connect({ signal }));
    return projects.map(({ slug, repository }) => describe(slug, repository ?? "no repository"));
  });
}

/** The ids of the newest runs; none if the server does not answer at once. */
export function runIds(): Promise<LiveValue[]> {
  return orNone(async (signal) => {
    const runs = await listRuns(await connect({ signal }), { limit: MAX_RUNS });
    return runs.map(({ id, state, project, title }) =>
      describe(id, `${state.replace("_", " ")} ${project} ${title}`),
    );
  });
}

function describe(value: string, about: string): LiveValue {
  return { value: plainLine(value), about: plainLine(about, 60) };
}

async function orNone(list: (signal: AbortSignal) => Promise<LiveValue[]>): Promise<LiveValue[]> {
  try {
    return await list(AbortSignal.timeout(TIMEOUT_MS));
  } catch {
    // A prompt has no place for an error: the command itself reports it.
    return [];
  }
}
