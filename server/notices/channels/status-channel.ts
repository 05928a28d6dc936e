import type { Project } from "../../projects/projects.ts";
import type { SendOutcome } from "../outcome.ts";
import { namedCommit } from "../run-facts.ts";
import type { Channel } from "./channel.ts";
import { isTold, statusBody, type StatusBody } from "./status-body.ts";

/** A repository whose commits get statuses. */
interface StatusRepository {
  /** Its path at the host, such as `owner/name`. */
  name: string;
  /** The body in the host's words; absent: GitHub's. */
  bodyFor?: (status: StatusBody) => object;
  send(commit: string, body: string, signal: AbortSignal): Promise<SendOutcome>;
}

export interface StatusChannelOptions {
  kind: string;
  /** The server's public URL. */
  url: string;
  /** Undefined where the project may not write there. */
  findRepository(project: Project): Promise<StatusRepository | undefined>;
}

export const NO_STATUS_TOKEN: SendOutcome = {
  kind: "never",
  answer: "The project has no token for this repository any more.",
};

/** Writes the status of a commit at its repository's host. */
export function createStatusChannel(options: StatusChannelOptions): Channel {
  const { kind, url, findRepository } = options;
  return {
    kind,
    label: "Commit status",
    ordered: "by run",
    keepsLatest: true,

    async drafts(row, project) {
      const commit = namedCommit(row);
      if (commit === undefined || !isTold(row)) return [];
      const repository = await findRepository(project);
      if (!repository) return [];
      const status = statusBody(row, url);
      const body = JSON.stringify(repository.bodyFor?.(status) ?? status);
      return [{ target: `${repository.name}@${commit}`, what: status.state, body }];
    },

    async send({ target, body }, project, signal) {
      const repository = await findRepository(project);
      if (!repository || !target.startsWith(`${repository.name}@`)) return NO_STATUS_TOKEN;
      return repository.send(target.slice(repository.name.length + 1), body, signal);
    },
  };
}
