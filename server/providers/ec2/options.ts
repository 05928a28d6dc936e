import type { Logger } from "pino";
import type { LaunchFile } from "../../../protocol/registration.ts";
import type { Pace } from "./retry.ts";
import type { LaunchTemplate } from "./requests.ts";

export interface Ec2ComputeOptions {
  region: string;
  /** Another server that speaks EC2's protocol; absent: AWS. */
  endpoint?: string | undefined;
  /** Absent: what the AWS SDK finds in its own settings. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** An image's id, a family such as `debian-13`, or `self:` and the name of one's own. */
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
  /** Machines of other fleets in the same account are not looked at. */
  fleetId: string;
  serverUrl: string;
  /** What a machine is given at its first boot. */
  userData: (launchFile: LaunchFile) => string;
  /** A launch file as any machine would get it today: another one makes stopped machines outdated. */
  sampleLaunchFile: LaunchFile;
  log: Logger;
  now?: () => number;
  /** Pauses and limit of retries. */
  pace?: Partial<Pace>;
  /** How long a machine that still stops is waited for before another one is had. */
  stoppingMs?: number;
}
