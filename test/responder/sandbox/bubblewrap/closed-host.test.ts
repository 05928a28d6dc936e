import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  explainClosedHost,
  type HostRules,
} from "../../../../responder/sandbox/bubblewrap/closed-host.ts";
import { seccompFilter } from "../../../../responder/sandbox/seccomp/seccomp.ts";
import { COMPILED } from "../../../compiled.ts";
import { needsRoot } from "../../../needs.ts";

const BUBBLEWRAP = join(
  import.meta.dirname,
  "../../../../responder/sandbox/bubblewrap/bubblewrap.ts",
);
const PROBE = `import { bubblewrap } from ${JSON.stringify(BUBBLEWRAP)};
await bubblewrap(process.argv[2]).probe().then(() => console.log("open"), ({ hint }) => console.log(hint));`;

/** What a host says that `enter` has closed: a shell command that ends by executing its arguments. */
function hintWhere(enter: string): string {
  const folder = mkdtempSync(join(tmpdir(), "deferred-closed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "probe.mjs"), PROBE);
  writeFileSync(join(folder, "filter"), seccompFilter(true)!);
  const { stdout, stderr } = spawnSync(
    "sh",
    ["-c", enter, "sh", process.execPath, join(folder, "probe.mjs"), join(folder, "state")],
    { encoding: "utf8", cwd: folder, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...COMPILED } },
  );
  return stdout.trim() || stderr;
}

test("a kernel that allows no user namespaces is named with the sysctl", () => {
  const hint = hintWhere(
    `exec unshare --user --map-user=1000 --keep-caps sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"`,
  );
  expect(hint).toMatch(/^sudo sysctl -w user\.max_user_namespaces=15000/);
});

test("a system call filter is named", () => {
  const hint = hintWhere(`exec bwrap --dev-bind / / --seccomp 9 "$@" 9<filter`);
  // The suite itself may run in a container.
  expect(hint).toMatch(
    /^a seccomp filter forbids namespaces|its seccomp profile forbids sandboxes/,
  );
});

test("a covered part of /proc is named", needsRoot, () => {
  const hint = hintWhere(
    `exec unshare --mount sh -c 'mount --bind /dev/null /proc/kmsg && exec "$@"' sh "$@"`,
  );
  expect(hint).toMatch(
    /covers a part of \/proc: remove ProtectKernelLogs|needs a \/proc of its own/,
  );
});

const host = (sysctls: Record<string, string> = {}, more: Partial<HostRules> = {}): HostRules => ({
  sysctl: (name) => sysctls[name],
  isContainer: false,
  isFiltered: false,
  ...more,
});
const FORBIDDEN = "bwrap: setting up uid map: Permission denied";

test.each([
  ["an old bubblewrap", "bwrap: Unknown option --disable-userns", host(), /0\.8 or newer/],
  [
    "Debian's own switch",
    "bwrap: No permissions to create new namespace",
    host({ "kernel.unprivileged_userns_clone": "0" }),
    /^sudo sysctl -w kernel\.unprivileged_userns_clone=1/,
  ],
  [
    "Ubuntu's restriction",
    FORBIDDEN,
    host({ "kernel.apparmor_restrict_unprivileged_userns": "1" }),
    /infra\/apparmor\/deferred-runner/,
  ],
  [
    "a container's profile",
    "bwrap: Can't set hostname to sandbox: Operation not permitted",
    host({}, { isContainer: true, isFiltered: true }),
    /--security-opt seccomp=unconfined --security-opt unmask=ALL/,
  ],
  [
    "a container's masked /proc",
    "bwrap: Can't mount proc on /proc: Operation not permitted",
    host({}, { isContainer: true }),
    /--security-opt unmask=ALL/,
  ],
  ["anything else", FORBIDDEN, host(), /^allow user namespaces/],
])("%s is named in one sentence", (_, said, rules, expected) => {
  const hint = explainClosedHost(said, rules);
  expect(hint).toMatch(expected);
  expect(hint).not.toContain("\n");
});
