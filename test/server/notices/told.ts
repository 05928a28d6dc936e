import { paths } from "../../../protocol/paths.ts";
import type { RunSummary } from "../../../protocol/projects.ts";
import type { Notice } from "../../../protocol/notices.ts";
import { eventually } from "../../eventually.ts";
import type { PushedProject } from "../pushed-project.ts";

/** The project's notices, newest first, once every state is told and nothing waits to be sent. */
export async function told(project: PushedProject): Promise<Notice[]> {
  await allNoticed(project);
  return eventually(async () => {
    const notices = await noticesOf(project);
    return notices.every(({ state }) => state !== "waiting") ? notices : undefined;
  });
}

/** Resolves when the notices of every run's state were made. */
export async function allNoticed(project: PushedProject): Promise<void> {
  const said = project.logged as unknown as { msg: string; run?: string; state?: string }[];
  await eventually(async () => {
    const answer = await project.own("GET", paths.projectRuns(project.slug));
    const noticed = ({ id, state }: RunSummary) =>
      said.some(
        (line) => line.msg === "a run's state was told" && line.run === id && line.state === state,
      );
    return (answer as { runs: RunSummary[] }).runs.every(noticed) || undefined;
  });
}

async function noticesOf(project: PushedProject): Promise<Notice[]> {
  const answer = (await project.own("GET", paths.notices(project.slug))) as { notices: Notice[] };
  return answer.notices;
}
