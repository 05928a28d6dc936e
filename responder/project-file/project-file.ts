import type { RuntimeName } from "../../protocol/runtimes.ts";

/** Services that a file may ask for: a fixed list. */
export const SERVICE_NAMES = ["postgresql", "redis", "mysql", "memcached"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export interface FileCommand {
  /** The step's name; the command where the file gives none. */
  readonly name: string;
  /** For `bash -c`. */
  readonly run: string;
  /** A failure neither ends nor fails the run. */
  readonly failure?: "ignore";
  /** Conditions that have to hold together; absent: it runs while no command has failed. */
  readonly when?: StepConditions;
  /** Names of commands that end before it. Where any command has them, all others begin at once. */
  readonly dependsOn?: readonly string[];
}

/** The causes of a run that a command can be for. */
export const STEP_EVENTS = ["push", "tag", "pull_request", "schedule", "manual"] as const;
export type StepEvent = (typeof STEP_EVENTS)[number];

export const STEP_STATUSES = ["success", "failure"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

export interface StepConditions {
  /** Patterns of branches. */
  readonly branch?: readonly string[];
  readonly event?: readonly StepEvent[];
  /** Patterns of files that the push changed. */
  readonly path?: readonly string[];
  /** Outcomes of earlier commands after which it runs; absent: `success`. */
  readonly status?: readonly StepStatus[];
}

/** The default name of a step: the first line of its command. */
export function defaultName(command: string): string {
  const [first = "", ...rest] = command.trim().split("\n");
  return (rest.length === 0 ? first : `${first} …`).slice(0, 1000);
}

/** A project's `.deferred-server`, every default filled in. */
export interface ProjectFile {
  readonly commands: readonly FileCommand[];
  readonly runtimes: readonly { readonly name: RuntimeName; readonly version?: string }[];
  readonly services: readonly { readonly name: ServiceName; readonly version?: string }[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of the secrets that the commands get. */
  readonly secrets: readonly string[];
  readonly caches: readonly FileCache[];
  /** Globs, or folders whole, relative to the work tree; never leading out of it. */
  readonly artifacts: readonly string[];
  /** Seconds for all of it. */
  readonly timeoutS: number | undefined;
  /** Patterns of branches; undefined: all. */
  readonly branches: readonly string[] | undefined;
  readonly schedule: readonly {
    readonly cron: string;
    /** The file's own where absent. */
    readonly commands: readonly FileCommand[] | undefined;
  }[];
  readonly serve: FileServe | undefined;
  /** False: no network, whatever the project's settings are. */
  readonly network: boolean;
  /** Commits of history that the work tree has, back from its own; undefined: that one alone. */
  readonly history: "full" | number | undefined;
  /** Variables of each pass over the commands; empty: they run once, without. */
  readonly matrix: readonly Readonly<Record<string, string>>[];
}

export interface FileCache {
  /** Relative to the work tree, or below `~/`; never leading out of either. */
  readonly folder: string;
  /** Files of the work tree whose contents are part of the cache's name. */
  readonly key: readonly string[];
}

/** The app that a `request` run boots. */
export interface FileServe {
  readonly command: string;
  /** A fixed port; undefined: the app listens on `PORT`. */
  readonly port: number | undefined;
  /** A path that is asked until it answers below 500; undefined: its port answering is enough. */
  readonly ready: string | undefined;
  /** Seconds until it has to answer. */
  readonly timeoutS: number;
}
