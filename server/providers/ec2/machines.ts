import type { Logger } from "pino";
import type { LaunchFile } from "../../../protocol/responder.ts";
import type { Compute } from "../compute.ts";
import { createEc2Compute } from "./compute.ts";
import type { Ec2ComputeOptions } from "./options.ts";
import type { Queries } from "../../database/database.ts";
import { newId } from "../../database/ids.ts";
import { userData } from "../cloud-init/user-data.ts";
import type { Settings } from "../../settings/settings.ts";

/** Seconds without an answer after which a machine on EC2 stops: a server may be away for an upgrade. */
const UNREACHABLE_S = 600;
/** Where EC2 tells a machine about itself, on every machine. */
const METADATA_URL = "http://169.254.169.254";

export interface Ec2MachinesOptions {
  settings: Settings;
  queries: Queries;
  /** The server's public URL. */
  url: string;
  launchFile: (launchId: string) => LaunchFile;
  log: Logger;
  pace?: Ec2ComputeOptions["pace"];
}

/** What a launch file says on EC2 that it does not say elsewhere. */
export function ec2LaunchFacts({ ec2 }: Settings) {
  return {
    unreachable_s: UNREACHABLE_S,
    // Only spot machines are taken back.
    ...(ec2.market === "spot" ? { metadata_url: METADATA_URL } : {}),
  };
}

/** EC2 as the settings want it, for this installation's fleet. */
export async function ec2Machines(options: Ec2MachinesOptions): Promise<Compute> {
  const { settings, queries, url, launchFile, log, pace } = options;
  const { ec2 } = settings;
  return createEc2Compute({
    ...ec2,
    region: ec2.region!,
    fleetId: await fleetIdOf(queries),
    serverUrl: url,
    userData: (file) => userData({ launchFile: file, runtimes: ec2.runtimes }),
    sampleLaunchFile: launchFile(""),
    log,
    ...(pace ? { pace } : {}),
  });
}

/** Made once and kept with the record: a backup that is restored knows its machines again. */
async function fleetIdOf(queries: Queries): Promise<string> {
  await queries
    .insertInto("facts")
    .values({ name: "fleet_id", value: newId() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { value } = await queries
    .selectFrom("facts")
    .select("value")
    .where("name", "=", "fleet_id")
    .executeTakeFirstOrThrow();
  return value;
}
