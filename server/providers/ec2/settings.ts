import { RUNTIMES, type RuntimeName } from "../../../protocol/runtimes.ts";
import type { LaunchTemplate } from "./requests.ts";
import type { SettingsReader } from "../../settings/reader.ts";

/** What an operator may set about machines on EC2; the AWS SDK finds credentials in its own settings. */
export interface Ec2Settings {
  region: string | undefined;
  /** Another server that speaks EC2's protocol; absent: AWS. */
  endpoint: string | undefined;
  /** An image's id, or the name of an image family whose newest is taken, such as `debian-13`. */
  image: string;
  /** In order of preference. */
  types: string[];
  /** Each lies in one zone; none: the account's default. */
  subnets: string[];
  securityGroup: string;
  /** Says the security group and what every machine has in common. */
  launchTemplate: LaunchTemplate | undefined;
  /** Gigabytes of a machine's disk; more where its image needs more. */
  diskGb: number;
  market: "on-demand" | "spot";
  /** Whether an idle machine is stopped, to be started again, or terminated. */
  lifecycle: "warm" | "ephemeral";
  /** What a machine of the shared pool has. */
  runtimes: RuntimeName[];
  /** Machines of one pool at one time. */
  maxMachines: number;
  /** Stopped machines that a pool in use has beside those that run, of these. */
  spare: number;
  /** Machine-hours a day, from launch on: all machines', and those that one project asked for. */
  budgetHours: number;
  projectBudgetHours: number;
  /** Whether a page may have a machine woken before its reader presses Run. */
  hints: boolean;
  /** Where Node for an architecture that is not the server's comes from. */
  otherNode: { url: string; sha256: string } | undefined;
}

/** Reads them; conflicts between them are mistakes, and what is missing is not: `checkLaunchable` asks for that. */
export function readEc2Settings(read: SettingsReader): Ec2Settings {
  const { mistakes, text } = read;
  const market = read.choice("DEFERRED_EC2_MARKET", ["on-demand", "spot"]);
  const fallback = market === "spot" ? "ephemeral" : "warm";
  const lifecycle = text("DEFERRED_EC2_LIFECYCLE", fallback);
  if (lifecycle !== "warm" && lifecycle !== "ephemeral") {
    mistakes.push(`DEFERRED_EC2_LIFECYCLE has to be warm or ephemeral, not "${lifecycle}".`);
  } else if (lifecycle === "warm" && market === "spot") {
    mistakes.push(
      "DEFERRED_EC2_LIFECYCLE can't be warm with spot machines, which can't be stopped: " +
        "set it to ephemeral, or DEFERRED_EC2_MARKET to on-demand.",
    );
  }
  const budgetHours = read.number("DEFERRED_BUDGET_HOURS", 24, 0, 100_000);
  const settings: Ec2Settings = {
    region: text("AWS_REGION", text("AWS_DEFAULT_REGION", "")) || undefined,
    endpoint: read.url("AWS_ENDPOINT_URL_EC2"),
    image: text("DEFERRED_EC2_AMI", "debian-13"),
    types: read.list("DEFERRED_EC2_TYPES", ["t3.small", "t3a.small"]),
    subnets: read.list("DEFERRED_EC2_SUBNETS", []),
    securityGroup: text("DEFERRED_EC2_SECURITY_GROUP", ""),
    launchTemplate: readLaunchTemplate(read),
    diskGb: read.whole("DEFERRED_EC2_DISK_GB", 20, 1, 16_384),
    market,
    lifecycle: lifecycle === "warm" ? "warm" : "ephemeral",
    runtimes: readRuntimes(read),
    maxMachines: read.number("DEFERRED_EC2_MAX_MACHINES", 2, 1, 100),
    spare: read.whole("DEFERRED_EC2_SPARE", 0, 0, 10),
    budgetHours,
    projectBudgetHours: read.number("DEFERRED_PROJECT_BUDGET_HOURS", budgetHours, 0, 100_000),
    hints: read.choice("DEFERRED_EC2_HINTS", ["0", "1"]) === "1",
    otherNode: readOtherNode(read),
  };
  if (settings.spare > 0 && settings.lifecycle !== "warm") {
    mistakes.push(
      "DEFERRED_EC2_SPARE needs machines that are stopped: set DEFERRED_EC2_LIFECYCLE to warm, or it to 0.",
    );
  }
  return settings;
}

/** Adds to `mistakes` what a server that launches machines lacks. */
export function checkLaunchable(
  settings: Ec2Settings,
  url: string | undefined,
  mistakes: string[],
): void {
  if (!settings.region) mistakes.push("AWS_REGION has to name the region of the machines.");
  if (settings.securityGroup === "" && settings.launchTemplate === undefined) {
    mistakes.push(
      "DEFERRED_EC2_SECURITY_GROUP has to name a security group without inbound rules, or " +
        "DEFERRED_EC2_LAUNCH_TEMPLATE a template that does: deferred aws setup makes both.",
    );
  }
  if (url === undefined) {
    mistakes.push("DEFERRED_URL has to be the https address at which machines call the server.");
  } else if (!isSafeForMachines(url)) {
    mistakes.push(
      `DEFERRED_URL has to be an https address, since machines call it over the network: "${url}" is not.`,
    );
  }
}

/** Whether tokens and code may go over it. */
export function isSafeForMachines(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function readRuntimes(read: SettingsReader): RuntimeName[] {
  const named = read.list("DEFERRED_EC2_RUNTIMES", RUNTIMES);
  const known = RUNTIMES.filter((runtime) => named.includes(runtime));
  const unknown = named.filter((name) => !(RUNTIMES as readonly string[]).includes(name));
  if (unknown.length > 0) {
    read.mistakes.push(
      `DEFERRED_EC2_RUNTIMES may name ${RUNTIMES.join(", ")}, not ${unknown.join(", ")}.`,
    );
  }
  return known;
}

function readLaunchTemplate(read: SettingsReader): LaunchTemplate | undefined {
  const named = read.text("DEFERRED_EC2_LAUNCH_TEMPLATE", "");
  if (named === "") return undefined;
  const [, id, version] = /^(lt-[0-9a-f]{8,17}):([1-9]\d*)$/.exec(named) ?? [];
  if (id !== undefined && version !== undefined) return { id, version };
  // A version that moves by itself would make two tries of one launch differ.
  read.mistakes.push(
    `DEFERRED_EC2_LAUNCH_TEMPLATE has to be an id and a version, such as lt-0123456789abcdef0:1, not "${named}".`,
  );
  return undefined;
}

function readOtherNode(read: SettingsReader): Ec2Settings["otherNode"] {
  const url = read.url("DEFERRED_EC2_NODE_URL");
  const sha256 = read.text("DEFERRED_EC2_NODE_SHA256", "").toLowerCase();
  if (url === undefined && sha256 === "") return undefined;
  if (url === undefined || !/^[0-9a-f]{64}$/.test(sha256)) {
    read.mistakes.push(
      "DEFERRED_EC2_NODE_URL and DEFERRED_EC2_NODE_SHA256 go together: an archive of Node and its digest in hex.",
    );
    return undefined;
  }
  return { url, sha256 };
}
