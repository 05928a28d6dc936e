import { existsSync } from "node:fs";
import { readOr } from "../../process/read.ts";

/** Rules of a host that can forbid a sandbox. */
export interface HostRules {
  /** A sysctl's value; undefined where the kernel has none of that name. */
  sysctl(name: string): string | undefined;
  readonly isContainer: boolean;
  /** Whether a system call filter acts on this process. */
  readonly isFiltered: boolean;
}

export function readHostRules(): HostRules {
  return {
    sysctl: (name) => readOr(`/proc/sys/${name.replaceAll(".", "/")}`, "").trim() || undefined,
    isContainer:
      existsSync("/.dockerenv") ||
      existsSync("/run/.containerenv") ||
      /^container=/m.test(readOr("/proc/self/environ", "").replaceAll("\0", "\n")),
    isFiltered: /^Seccomp:\s+2$/m.test(readOr("/proc/self/status", "")),
  };
}

const GUIDE = "docs/self-host.md";

/** Advice for a host where bubblewrap failed and `said` why. */
export function explainClosedHost(said: string, host: HostRules): string {
  if (/unknown option/i.test(said)) {
    return "install bubblewrap 0.8 or newer: Debian 12 and Ubuntu 24.04 have it";
  }
  if (host.sysctl("user.max_user_namespaces") === "0") {
    return keep("user.max_user_namespaces=15000");
  }
  if (host.sysctl("kernel.unprivileged_userns_clone") === "0") {
    return keep("kernel.unprivileged_userns_clone=1");
  }
  if (/mount proc/.test(said)) {
    return host.isContainer
      ? "start the container with --security-opt unmask=ALL (Docker: systempaths=unconfined), because a sandbox needs a /proc of its own"
      : `the unit or container covers a part of /proc: remove ProtectKernelLogs, ProtectKernelTunables, ProtectHostname and ProcSubset from it (${GUIDE})`;
  }
  const isForbidden = /permi|denied|namespace/i.test(said);
  if (host.isContainer && isForbidden) {
    return "start the container with --security-opt seccomp=unconfined --security-opt unmask=ALL (Docker: systempaths=unconfined), because its seccomp profile forbids sandboxes";
  }
  if (host.sysctl("kernel.apparmor_restrict_unprivileged_userns") === "1") {
    return `load the AppArmor profile that is shipped as infra/apparmor/deferred-runner, and start the server under it (${GUIDE})`;
  }
  if (host.isFiltered && isForbidden) {
    return `a seccomp filter forbids namespaces: remove RestrictNamespaces and SystemCallFilter from the unit (${GUIDE})`;
  }
  return `allow user namespaces (${GUIDE} lists what may forbid them)`;
}

function keep(setting: string): string {
  return `sudo sysctl -w ${setting}, and echo ${setting} | sudo tee /etc/sysctl.d/90-deferred-runner.conf, so that it stays`;
}
