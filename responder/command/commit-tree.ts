import type { ProjectFile } from "../project-file/project-file.ts";

/** A commit's work tree. */
export interface CommitTree {
  readonly commit: string;
  readonly message: string;
  readonly ref: string | undefined;
  /** Whether the run is about other commits as well. */
  readonly several: boolean;
  /** The pass of the file's matrix that this work tree is for; undefined: there is none. */
  readonly pass: MatrixPass | undefined;
  /** Whether it is the run's last or only work tree. */
  readonly last: boolean;
  /** Its folder out here, and as commands see it. */
  readonly host: string;
  readonly cwd: string;
  readonly file: ProjectFile | undefined;
  /** Files that the push changed; undefined: not known. */
  readonly changed: readonly string[] | undefined;
}

export interface MatrixPass {
  /** Counts from 1. */
  readonly number: number;
  readonly env: Readonly<Record<string, string>>;
}

/** `NODE=22 DB=mysql`. */
export function passName({ env }: MatrixPass): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** The folder of its artifacts among those of other work trees; undefined: it is the only one. */
export function artifactsFolder({ several, commit, pass }: CommitTree): string | undefined {
  const words = pass && `${pass.number}-${passName(pass).replaceAll(/[^A-Za-z0-9._]+/g, "-")}`;
  const parts = [several ? commit.slice(0, COMMIT_CHARACTERS) : undefined, words?.slice(0, 80)];
  const folder = parts.filter((part) => part !== undefined).join("/");
  return folder === "" ? undefined : folder;
}

const COMMIT_CHARACTERS = 12;
