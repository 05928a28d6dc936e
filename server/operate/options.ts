import type { Hono } from "hono";
import type { Logger } from "pino";
import type { TrafficPart } from "../http/index.ts";
import type { createChannels } from "../notices/channels/channels.ts";
import type { Secrets } from "../projects/first-start.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { ConfiguredProvider, RequestPace } from "../providers/provider.ts";
import type { DataFolder } from "../settings/data-folder.ts";
import type { Settings } from "../settings/settings.ts";
import type { Metrics } from "./metrics/metrics.ts";

export interface ServerOptions {
  /** The command by which local compute starts a responder. */
  responder: { command: string; args: string[] };
  assets: {
    /** The element's built module. */
    widget: string;
    /** The folder of examples. */
    examples: string;
    /** The guides, as the build rendered them. */
    guides: string;
    /** The responder as one file, which remote machines load; absent: there are none. */
    responder?: string;
    /** The package's version. */
    version: string;
  };
  /** Times that override those of the settings and the provider, for tests. */
  times?: {
    pace?: Partial<RequestPace>;
    policy?: Partial<FleetPolicy>;
    /** Milliseconds between tries to send a notice. */
    noticeDelays?: readonly number[];
  };
  /** Makes the channels of notices; absent: those of the product. */
  channels?: typeof createChannels;
  /** Absent: JSON lines on stderr, from `settings.logLevel` on. */
  log?: Logger;
  /** Ends the process at once after a failed flush of the disk; absent: an uncaught error does. */
  diskFailed?: () => void;
}

export interface ComposeOptions extends Omit<ServerOptions, "log"> {
  settings: Settings & { provider: ConfiguredProvider };
  folder: DataFolder;
  secrets: Secrets;
  /** The server's public URL. */
  url: string;
  /** The URL by which machines on this host call it. */
  responderUrl: string;
  log: Logger;
  /** Called once if requests come through a proxy that the settings do not trust. */
  proxySeen?: () => void;
}

/** A server without its sockets. */
export interface System {
  app: Hono;
  metrics: Metrics;
  drain: TrafficPart["drain"];
  /** Records the error that ends the process. */
  crashed(error: unknown): void;
  /** Makes a single-use sign-in link. */
  signInLink(): Promise<{ url: string; expires_at: string }>;
  stopMachines(): Promise<void>;
  close(): Promise<void>;
}
