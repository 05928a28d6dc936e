import { RUNTIMES, type RuntimeName } from "../../../protocol/runtimes.ts";
import type { LaunchTemplate } from "./requests.ts";
import type { SettingsReader } from "../../settings/reader.ts";

/** Settings of machines on EC2. The AWS SDK finds the credentials in its own settings. */
export interface Ec2Settings {
  region: string | undefined;
  /** An EC2-compatible server; absent: AWS. */
  endpoint: string | undefined;
  /** An image's id, or an image family, such as `debian-13`, of which the newest image is used. */
  image: string;
  /** In order of preference. */
  types: string[];
  /** Subnets of machines; none: the account's default. */
  subnets: string[];
  securityGroup: string;
  /** Provides the security group and the other common settings of machines. */
  launchTemplate: LaunchTemplate | undefined;
  /** Gigabytes of a machine's disk, unless its image needs more. */
  diskGb: number;
  market: "on-demand" | "spot";
  /** Whether an idle machine is stopped, to be started again, or terminated. */
  lifecycle: "warm" | "ephemeral";
  /** Runtimes of machines in the shared pool. */
  runtimes: RuntimeName[];
  /** Machines of one pool at one time. */
  maxMachines: number;
  /** Stopped machines that an active pool keeps in reserve, within `maxMachines`. */
  spare: number;
  /** Of an hour, by type; of a spot machine by `spot:` and its type. */
  prices: ReadonlyMap<string, number>;
  /** Machine-hours a day, counted from the launch: of all machines, and of one project's. */
  budgetHours: number;
  projectBudgetHours: number;
  /** Whether a page may have a machine woken before its reader presses Run. */
  hints: boolean;
  /** The download of Node for another architecture than the server's. */
  otherNode: { url: string; sha256: string } | undefined;
}

/** Reads the settings and reports conflicts. Missing ones are reported only by `checkLaunchable`. */
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
    prices: readPrices(read),
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

/** Adds to `mistakes` the missing settings of a server that launches machines. */
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

/** Whether tokens and code may be sent to the URL. */
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

function readPrices(read: SettingsReader): Map<string, number> {
  const prices = new Map<string, number>();
  for (const item of read.list("DEFERRED_EC2_PRICES", [])) {
    const [, kind, price] =
      /^((?:spot:)?[a-z0-9-]+\.[a-z0-9-]+)=(\d{1,6}(?:\.\d{1,6})?)$/.exec(item) ?? [];
    if (kind !== undefined && price !== undefined) prices.set(kind, Number(price));
    else {
      read.mistakes.push(
        `DEFERRED_EC2_PRICES has to be dollars an hour by type, such as t3.small=0.0228,spot:t3.small=0.0081, not "${item}".`,
      );
    }
  }
  return prices;
}

function readLaunchTemplate(read: SettingsReader): LaunchTemplate | undefined {
  const named = read.text("DEFERRED_EC2_LAUNCH_TEMPLATE", "");
  if (named === "") return undefined;
  const [, id, version] = /^(lt-[0-9a-f]{8,17}):([1-9]\d*)$/.exec(named) ?? [];
  if (id !== undefined && version !== undefined) return { id, version };
  // With `$Latest` or `$Default` the retry of a launch could differ from the first try.
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
