import type { CommandWork } from "../../protocol/command.ts";
import type { RunVariable } from "../../protocol/run-variables.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { ProjectFile } from "../project-file/project-file.ts";
import type { CommitTree } from "./commit-tree.ts";
import { PATH } from "../sandbox/program-path.ts";

/** Facts that all programs of an attempt get as variables. */
export interface Surroundings {
  readonly run: string;
  readonly work: CommandWork;
  readonly home: string;
  /** Variables of services and the proxy. */
  readonly found: Readonly<Record<string, string>>;
}

/** The environment of the commands at one commit. The file's variables override ours, those of its matrix these, secrets all. */
export function commandEnvironment(
  { run, work, home, found }: Surroundings,
  at: Pick<CommitTree, "commit" | "ref" | "pass">,
  file: ProjectFile | undefined,
): Record<string, string> {
  const branch = branchOf(at.ref);
  const described: Partial<Record<RunVariable, string>> = {
    DEFERRED: "1",
    DEFERRED_PROJECT: work.project,
    DEFERRED_RUN: run,
    DEFERRED_COMMIT: at.commit,
    ...(at.ref === undefined ? {} : { DEFERRED_REF: at.ref }),
    ...(branch === undefined ? {} : { DEFERRED_BRANCH: branch }),
  };
  return {
    ...programEnvironment(home),
    CI: "true",
    ...described,
    ...found,
    ...file?.env,
    ...at.pass?.env,
    ...pickSecrets(work, file?.secrets ?? []),
  };
}

/** For the responder's own programs. */
export function programEnvironment(home: string): Record<string, string> {
  return { PATH, HOME: home, LANG: "C.UTF-8" };
}

/** The short name of a branch; undefined for any other ref. */
export function branchOf(ref: string | undefined): string | undefined {
  return /^refs\/heads\/(.+)$/.exec(ref ?? "")?.[1];
}

function pickSecrets(work: CommandWork, names: readonly string[]): Record<string, string> {
  // A stranger's commands run without them, which they can tell from the variable's absence.
  if (work.stranger) return {};
  const missing = names.filter((name) => work.secrets[name] === undefined);
  if (missing.length > 0) {
    const set = `deferred projects secrets set ${missing[0]} --project ${work.project}`;
    throw new CommandRefusal(
      "file_invalid",
      `The project has no secret ${missing.join(", ")}, which its .deferred-server names: set it with ${set}.`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, work.secrets[name] ?? ""]));
}
