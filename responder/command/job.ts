import type { CommandWork, SavedCache } from "../../protocol/command.ts";
import type { FoundRuntime } from "../../protocol/runtimes.ts";
import type { Checkout } from "../checkout/checkout.ts";
import type { Log } from "../process/log.ts";
import type { Packages } from "./packages.ts";
import type { ResponderCalls } from "../client/responder-calls.ts";
import type { CommandsAhead } from "../sandbox/commands-ahead.ts";
import type { Workspace } from "../sandbox/workspace.ts";
import type { Inside, Sandbox } from "../sandbox/sandbox.ts";
import type { Supervisor } from "../sandbox/supervisor/supervisor.ts";
import type { ServerClient } from "../client/server-client.ts";
import type { Templates } from "../services/templates.ts";
import type { Collector } from "./artifacts.ts";
import type { Masked } from "./mask.ts";
import type { Steps } from "./steps.ts";

/** This machine's tools for the commands of all projects. */
export interface CommandTools {
  readonly sandbox: Sandbox;
  readonly ahead: CommandsAhead;
  readonly templates: Templates;
  /** The responder's own folder. */
  readonly state: string;
  readonly calls: ResponderCalls;
  readonly client: ServerClient;
  readonly serverUrl: string;
  readonly log: Log;
  /** The runtimes that are installed at this moment. */
  runtimes(): Promise<readonly FoundRuntime[]>;
  /** Installs packages; absent on machines that we did not set up. */
  readonly packages: Packages | undefined;
}

/** One attempt at commands, with everything that is needed for it. */
export interface Job extends CommandTools {
  readonly run: string;
  readonly attempt: number;
  readonly work: CommandWork;
  readonly workspace: Workspace;
  readonly inside: Inside;
  /** Under way since before the sandbox was. */
  readonly checkout: Promise<Checkout>;
  readonly supervisor: Supervisor;
  readonly steps: Steps;
  readonly files: Collector;
  /** Masks secrets in files that we write about the programs' output; their own files stay as they are. */
  readonly mask: Pick<Masked, "bytes" | "text">;
  /** Caches that were stored, for the finish call. */
  readonly saved: SavedCache[];
}
