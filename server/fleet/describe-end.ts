import { REASONS } from "../../protocol/reasons.ts";
import type { MachineEnd } from "./machines.ts";

const INTENDED: Record<Exclude<MachineEnd, keyof typeof REASONS>, string> = {
  idle: "It had no work for its idle time.",
  outdated: "It was made by other settings than today's.",
  unused: "It was kept stopped for too long, or its project was removed.",
  asleep: "A member of its project put it to sleep.",
  stop_asked: "It was stopped by hand.",
  end_asked: "It was ended by hand.",
  making_room: "Other work needed its place.",
  unstartable: "Its provider could not start it for now.",
  server_closed: "The server stopped.",
  shut_down: "It was shut down from within.",
};

const OF_MACHINES: Partial<Record<MachineEnd, string>> = {
  machine_gone: "It fell silent, or its process ended.",
  boot_failed: "It did not come up.",
};

/** Why a machine went, as a sentence. */
export function describeEnd(reason: MachineEnd): string {
  const { [reason]: own } = OF_MACHINES;
  if (own !== undefined) return own;
  return Object.hasOwn(INTENDED, reason)
    ? INTENDED[reason as keyof typeof INTENDED]
    : REASONS[reason as keyof typeof REASONS];
}
