/** Entry points for the command line: prepare an AWS account, check it, tear it down, bake an image in it. */
export { bake } from "./bake/bake.ts";
export { BAKE_ACTIONS, BakeError } from "./bake/bake-error.ts";
export { readBakeSettings } from "./bake/settings.ts";
export { AwsCallError } from "./call-error.ts";
export { createClients, type Clients } from "./clients.ts";
export { diagnoseAccount } from "./doctor/doctor.ts";
export { explain } from "./explain.ts";
export { findMachines, terminateAll } from "./machines.ts";
export { AccountError } from "./refusal.ts";
export { discard, execute, propose, type Change, type Proposal } from "./stack/change-set.ts";
export {
  deleteStack,
  failuresIn,
  followStack,
  isAtRest,
  lastEvent,
  type Happened,
} from "./stack/events.ts";
export { stackParameters } from "./stack/parameters.ts";
export { ownStack, stackNameFor, type Stack } from "./stack/stack.ts";
export { readStatements } from "./stack/statements.ts";
export { readTarget, type Target } from "./target.ts";
export { bakeUserData } from "../../cloud-init/user-data.ts";
export type { Ec2Settings } from "../settings.ts";
