import type { ServiceName } from "../project-file/project-file.ts";
import type { InsideProgram } from "../sandbox/supervisor/supervisor.ts";

/** Where a service runs, as the sandbox sees it. */
export interface ServicePlace {
  /** A folder of its own, there already. */
  readonly folder: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A program that serves others on 127.0.0.1 while commands run. */
export interface Service {
  readonly name: ServiceName;
  /** As people write it. */
  readonly title: string;
  /**
   * Folder below /usr of its programs, of the version where there are several, else of the newest; undefined: it
   * is not on this machine.
   */
  find(version?: string): string | undefined;
  /** Prints its version. */
  version(programs: string): Argv;
  readonly port: number;
  /** Makes its data, where there has to be some before it starts. */
  prepare(programs: string, place: ServicePlace): readonly Argv[];
  /** Stays in the foreground. */
  start(programs: string, place: ServicePlace): Argv;
  /** Succeeds once it serves. */
  ping(programs: string, place: ServicePlace): Argv;
  /** The variables by which clients find it. */
  variables(place: Pick<ServicePlace, "folder">): Readonly<Record<string, string>>;
}

type Argv = InsideProgram["argv"];
