import type { Queries } from "../../database/database.ts";
import { newId } from "../../database/ids.ts";
import { userData } from "../cloud-init/user-data.ts";
import type { Compute } from "../compute.ts";
import type { ComputeDeps } from "../provider.ts";
import { createEc2Compute } from "./compute.ts";
import type { Ec2Settings } from "./settings.ts";

/** This installation's fleet on EC2. */
export async function openEc2Fleet(settings: Ec2Settings, deps: ComputeDeps): Promise<Compute> {
  const { queries, url, launchFile, log, pace } = deps;
  return createEc2Compute({
    ...settings,
    region: settings.region ?? "",
    fleetId: await readFleetId(queries),
    serverUrl: url,
    userData: (file) => userData({ launchFile: file, runtimes: settings.runtimes }),
    sampleLaunchFile: launchFile(""),
    log,
    ...(pace ? { pace } : {}),
  });
}

/** Created once and kept in the database, so that a restored backup recognizes its machines. */
async function readFleetId(queries: Queries): Promise<string> {
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
