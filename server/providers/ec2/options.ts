import type { Logger } from "pino";
import type { LaunchFile } from "../../../protocol/registration.ts";
import type { Pace } from "./retry.ts";
import type { LaunchTemplate } from "./requests.ts";

export interface Ec2ComputeOptions {
  region: string;
  /** An EC2-compatible server; absent: AWS. */
  endpoint?: string | undefined;
  /** Absent: the AWS SDK finds them in its own settings. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** An image's id, a family such as `debian-13`, or `self:` and the name of an own image. */
  image: string;
  /** In order of preference. */
  types: string[];
  /** None: the account's default. */
  subnets: string[];
  securityGroup: string;
  launchTemplate?: LaunchTemplate | undefined;
  /** Gigabytes of each disk, unless its image needs more. */
  diskGb: number;
  market: "on-demand" | "spot";
  lifecycle: "warm" | "ephemeral";
  /** Tag of the fleet's machines; others in the same account are ignored. */
  fleetId: string;
  serverUrl: string;
  /** Makes the user data of a machine. */
  userData: (launchFile: LaunchFile) => string;
  /** A launch file by the current settings. If it changes, stopped machines are outdated. */
  sampleLaunchFile: LaunchFile;
  log: Logger;
  now?: () => number;
  /** Pauses and limit of retries. */
  pace?: Partial<Pace>;
  /** How long to wait for a stopping machine before another one is launched. */
  stoppingMs?: number;
}
