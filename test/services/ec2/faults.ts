import { Ec2Error } from "./error.ts";
import type { Instance } from "./store.ts";

const MESSAGES = {
  InsufficientInstanceCapacity:
    "We currently do not have sufficient capacity in the Availability Zone you requested.",
  RequestLimitExceeded: "Request limit exceeded.",
  SpotMaxPriceTooLow:
    "Your Spot request price is lower than the minimum required Spot request fulfillment price.",
  Unsupported: "Your requested instance type is not supported in your requested Availability Zone.",
  InsufficientVolumeCapacity:
    "There is not enough capacity to fulfill your EBS volume provision request.",
  InsufficientAddressCapacity: "Not enough available addresses to satisfy your request.",
  InvalidParameterCombination:
    "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'.",
  "AuthFailure.ServiceLinkedRoleCreationNotPermitted":
    "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
  VcpuLimitExceeded:
    "You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.",
  MaxSpotInstanceCountExceeded: "Max spot instance count exceeded",
  UnauthorizedOperation: "You are not authorized to perform this operation.",
  InternalError: "An internal error has occurred",
} as const;

/** Errors that can be injected, by EC2's codes. */
export type FaultCode = keyof typeof MESSAGES;

export type RequestFault =
  | FaultCode
  /** The connection breaks before anything was done, or after everything was. */
  | "cut_before"
  | "cut_after"
  /** Everything was done, and the answer is that EC2 failed. */
  | "failed_after"
  /** There is no answer as long as the caller waits, before anything was done, or after everything was. */
  | "held_before"
  | "held_after";

export type BootFault =
  | { name: "slow_boot"; ms: number }
  | { name: "boot_never" }
  /** The order was taken; then its disk, a limit or the zone kept it from running. */
  | { name: "falls_back"; code: string; message: string }
  /** It writes that to its console and powers itself off. */
  | { name: "gives_up"; console: string }
  /** `ms` after it was switched on it is told that it goes `noticeMs` later; spot alone. */
  | { name: "spot_interruption"; ms: number; noticeMs: number };

export type LaunchFault = { name: "not_yet_known"; ms: number };

export interface Chances {
  /** Of each fault, at each chance it has to happen. */
  share: number;
  /** Numbers from 0 up to 1, the same for the same seed. */
  random: () => number;
  boots: BootFault[];
  launches: LaunchFault[];
}

export type Faults = ReturnType<typeof createFaults>;

/** What each error can be the answer to. */
function concerns(fault: RequestFault, action: string, isSpot: boolean): boolean {
  const starts = action === "RunInstances" || action === "StartInstances";
  switch (fault) {
    case "InsufficientInstanceCapacity":
    case "VcpuLimitExceeded":
      return starts;
    case "Unsupported":
    case "InsufficientVolumeCapacity":
    case "InsufficientAddressCapacity":
    case "InvalidParameterCombination":
      return action === "RunInstances";
    case "SpotMaxPriceTooLow":
    case "MaxSpotInstanceCountExceeded":
    case "AuthFailure.ServiceLinkedRoleCreationNotPermitted":
      return action === "RunInstances" && isSpot;
    case "UnauthorizedOperation":
      return !action.startsWith("Describe");
    case "RequestLimitExceeded":
    case "InternalError":
    case "cut_before":
    case "cut_after":
    case "failed_after":
    case "held_before":
    case "held_after":
      return true;
    default:
      return fault satisfies never;
  }
}

/** What goes wrong: what a test says, in its order, then what chance says. */
export function createFaults() {
  const scripted: { action: string; fault: RequestFault; times: number }[] = [];
  const boots: BootFault[] = [];
  const launches: LaunchFault[] = [];
  let chances: Chances | undefined;
  const all: RequestFault[] = [
    ...(Object.keys(MESSAGES) as FaultCode[]),
    "cut_before",
    "cut_after",
  ];

  const drawn = <Fault>(faults: readonly Fault[]): Fault | undefined => {
    const { share, random } = chances ?? { share: 0, random: () => 1 };
    const hits = faults.filter(() => random() < share);
    // Every one has its chance; of several only one can be the answer.
    return hits[Math.floor(random() * hits.length)];
  };

  return {
    /** The next `times` requests for an action meet `fault`. */
    next(action: string, fault: RequestFault, { times = 1 } = {}): void {
      scripted.push({ action, fault, times });
    },
    /** Nothing of what was said is left. */
    clear: () => void scripted.splice(0),
    nextBoot: (fault: BootFault) => void boots.push(fault),
    nextLaunch: (fault: LaunchFault) => void launches.push(fault),
    byChance: (set: Chances | undefined) => void (chances = set),

    atRequest(action: string, isSpot: boolean): RequestFault | undefined {
      const script = scripted.find((one) => one.action === action && one.times > 0);
      if (script) {
        script.times--;
        return script.fault;
      }
      return drawn(all.filter((fault) => concerns(fault, action, isSpot)));
    },

    atBoot(instance: Instance): BootFault | undefined {
      const possible = (fault: BootFault) => fault.name !== "spot_interruption" || instance.isSpot;
      return boots.shift() ?? drawn((chances?.boots ?? []).filter(possible));
    },

    /** For how long nobody knows a new instance. */
    unknownMs: (): number => (launches.shift() ?? drawn(chances?.launches ?? []))?.ms ?? 0,
  };
}

export function isCode(fault: RequestFault | undefined): fault is FaultCode {
  return fault !== undefined && fault in MESSAGES;
}

export function errorOf(code: FaultCode): Ec2Error {
  return new Ec2Error(code, MESSAGES[code]);
}
