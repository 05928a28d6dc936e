import { createHash } from "node:crypto";
import { availableParallelism, hostname, totalmem } from "node:os";
import { readOr } from "../process/read.ts";

/** Facts about this machine that the server shows. */
export function describeHost(): { arch: string; os: string; cpus: number; memory_mb: number } {
  return {
    arch: process.arch,
    os: osName(readOr("/etc/os-release", "")).slice(0, 200),
    cpus: availableParallelism(),
    memory_mb: Math.floor(totalmem() / 2 ** 20),
  };
}

/**
 * A digest that differs between this machine and a copy of it. Hashed, since machine-id(5) asks that the id stays on
 * its machine. The hypervisor's uuid differs between two instances of an image that was baked with a machine id.
 */
export function machineId(root = ""): string {
  const parts = [
    "/etc/machine-id",
    "/sys/class/dmi/id/product_uuid",
    "/sys/hypervisor/uuid",
    "/sys/devices/virtual/dmi/id/board_asset_tag",
  ].map((path) => readOr(root + path, "").trim());
  const known = parts.some((part) => part !== "") ? parts : [hostname()];
  return createHash("sha256").update(known.join("\n")).digest("hex");
}

function osName(release: string): string {
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? process.platform;
}
