import { pino } from "pino";
import { onTestFinished } from "vitest";
import { createEc2Compute } from "../../../server/providers/ec2/compute.ts";
import type { Ec2ComputeOptions } from "../../../server/providers/ec2/options.ts";
import { readEc2Settings, type Ec2Settings } from "../../../server/providers/ec2/settings.ts";
import { settingsReader } from "../../../server/settings/reader.ts";
import { launchFileOf } from "../../contract/compute.ts";
import { startEc2, type Ec2Endpoint, type Ec2Options } from "../../services/ec2/endpoint.ts";

/** Repeats come at once, and what does not pass is soon given up. */
const PACE = { firstMs: 5, maxMs: 20, limitMs: 3000 };

/** An endpoint without hardware, for as long as the test takes. */
export async function openEc2(options: Ec2Options = {}): Promise<Ec2Endpoint> {
  const ec2 = await startEc2(options);
  onTestFinished(() => ec2.close());
  return ec2;
}

/** The settings of EC2 in a server's environment. Throws where they have mistakes. */
export function ec2SettingsOf(env: Record<string, string | undefined>): Ec2Settings {
  const read = settingsReader(env);
  const settings = readEc2Settings(read);
  if (read.mistakes.length > 0) throw new Error(read.mistakes.join("\n"));
  return settings;
}

/** A provider that asks it, with what was logged. */
export function computeOn(ec2: Ec2Endpoint, changes: Partial<Ec2ComputeOptions> = {}) {
  const logged: { msg: string }[] = [];
  const compute = createEc2Compute({
    region: ec2.region,
    endpoint: ec2.url,
    credentials: ec2.keys,
    image: "debian-13",
    types: ["t3.small", "t3.medium"],
    subnets: [],
    securityGroup: "sg-0aaaaaaaaaaaaaaaa",
    diskGb: 20,
    market: "on-demand",
    lifecycle: "warm",
    fleetId: "fleet-1",
    serverUrl: "https://runner.example",
    userData: (launchFile) => JSON.stringify(launchFile),
    sampleLaunchFile: launchFileOf(""),
    log: pino({}, { write: (line) => void logged.push(JSON.parse(line)) }),
    pace: PACE,
    ...changes,
  });
  return { compute, logged };
}
