import type { Instance } from "@aws-sdk/client-ec2";
import type { ProviderEnd } from "../compute.ts";

const HINTS: Record<string, string> = {
  "Client.InternalError":
    "Mostly its disk has a key that the server may not use; its operator asks deferred aws doctor.",
};

/**
 * Why an instance failed, from EC2's state reason; undefined if it runs or was stopped on request. The reason of a
 * stopped instance may be old, so a shutdown from inside says nothing about the current start.
 */
export function endOf({ State, StateReason }: Instance): ProviderEnd | undefined {
  const code = StateReason?.Code;
  const state = State?.Name;
  if (!code || state === "pending" || state === "running") return undefined;
  if (code === "Client.InstanceInitiatedShutdown") {
    const isOver = state === "terminated" || state === "shutting-down";
    return isOver ? { reason: "boot_failed", said: "It powered itself off." } : undefined;
  }
  if (code.startsWith("Server.Spot")) return { reason: "taken_back" };
  if (/Shutdown$|Hibernate$|ScheduledStop$|InstanceTerminated$/.test(code)) return undefined;
  const message = StateReason?.Message ?? code;
  const text = message.startsWith(code) ? message : `${code}: ${message}`;
  const said = [`AWS says: ${text.replace(/[.\s]*$/, ".")}`, HINTS[code]];
  return { reason: reasonFor(code), said: said.filter(Boolean).join(" ").slice(0, 500) };
}

function reasonFor(code: string): ProviderEnd["reason"] {
  if (code.includes(".Insufficient")) return "no_capacity";
  if (code.endsWith("LimitExceeded")) return "quota_reached";
  return code === "Server.InternalError" ? "launch_failed" : "boot_failed";
}
