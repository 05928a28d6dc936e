import type { Workspace } from "../workspace.ts";

/** Options of one bubblewrap sandbox. */
export interface BubblewrapOptions {
  readonly bwrap: string;
  /** The host's user to run as; undefined: our own. */
  readonly uid: number | undefined;
  /** Path of the responder's own Node, readable for that user. */
  readonly node: string;
  readonly waiterFile: string;
  readonly seccomp: boolean;
  /** Writable and additional mounts: `blockMounts` or `commandMounts`. */
  readonly mounts: readonly string[];
  /** The interpreter as the sandbox sees it, with its arguments and variables. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Paths inside the sandbox. */
export const INSIDE = {
  work: "/work",
  waiters: "/run/deferred",
  node: "/opt/node/bin/node",
  home: "/home/runner",
  tmp: "/tmp",
  services: "/srv",
  share: "/run/share",
} as const;

export const SHARED_MEMORY = "/dev/shm";

/** Generated files of `/etc`, in the order of the descriptors from `FIRST_FILE` on. */
export const ETC = {
  passwd: `root:x:0:0::/:/bin/false\nrunner:x:1000:1000::${INSIDE.work}:/bin/bash\n`,
  group: "root:x:0:\nrunner:x:1000:\n",
  hosts: "127.0.0.1 localhost sandbox\n::1 localhost\n",
} as const;

/** The host's files of `/etc` that TLS needs. */
const ETC_FOR_TLS = ["ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/ca-trust/extracted"];
/** The host's files of `/etc` that a project's programs need: none is secret or specific to this host. */
const ETC_FOR_COMMANDS = [...ETC_FOR_TLS, "mime.types", "perl", "protocols", "services"];

const CONTROL_STATUS = 4;
const FIRST_FILE = 5;
const MiB = 2 ** 20;

/**
 * The command line of one sandbox. Descriptors: 4 status, 5 to 7 the files of `ETC`, 8 the waiter,
 * 9 the seccomp filter.
 */
export function bubblewrapArgs(options: BubblewrapOptions): string[] {
  const paths = [...etcPaths(), `${INSIDE.waiters}/${options.waiterFile}`];
  const filterFd = FIRST_FILE + paths.length;
  return [
    ...dropTo(options.uid),
    options.bwrap,
    ...["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"],
    ...["--die-with-parent", "--new-session", "--clearenv"],
    ...["--uid", "1000", "--gid", "1000", "--hostname", "sandbox"],
    ...["--json-status-fd", String(CONTROL_STATUS)],
    ...(options.seccomp ? ["--seccomp", String(filterFd)] : []),
    ...rootMounts(
      paths.map((path, index) => [String(FIRST_FILE + index), path]),
      options.node,
    ),
    ...options.mounts,
    // bubblewrap's /dev is a tmpfs without a bound, and so is its root.
    ...["--remount-ro", "/dev", "--remount-ro", "/"],
    ...["--chdir", INSIDE.work],
    ...Object.entries(options.env).flatMap(([name, value]) => ["--setenv", name, value]),
    ...options.command,
  ];
}

export const etcPaths = () => Object.keys(ETC).map((name) => `/etc/${name}`);

/** What all sandboxes see. `files`: the source of each generated file, and where it goes. */
export function rootMounts(
  files: readonly (readonly [source: string, path: string])[],
  node: string,
): string[] {
  return [
    ...["--ro-bind", "/usr", "/usr"],
    ...["bin", "sbin", "lib", "lib32", "lib64"].flatMap((name) => [
      "--symlink",
      `usr/${name}`,
      `/${name}`,
    ]),
    ...["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"],
    ...["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"],
    ...["--ro-bind-try", "/etc/localtime", "/etc/localtime"],
    // Without it programs that set text find no font.
    ...["--ro-bind-try", "/etc/fonts", "/etc/fonts"],
    ...files.flatMap((file) => ["--file", ...file]),
    ...["--ro-bind", node, INSIDE.node],
    ...["--proc", "/proc", "--dev", "/dev"],
  ];
}

/** A block has little, in memory. */
export function blockMounts(): string[] {
  return [
    ...tmpfs(SHARED_MEMORY, 64 * MiB, "1777"),
    ...tmpfs(INSIDE.tmp, 128 * MiB, "1777"),
    ...tmpfs(INSIDE.work, 128 * MiB, "0755"),
    ...["--dir", `${INSIDE.work}/artifacts`],
  ];
}

/** For a block that may reach the network. */
export const certificateMounts = (): string[] => etcMounts(ETC_FOR_TLS);

function etcMounts(names: readonly string[]): string[] {
  return names.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]);
}

/** Commands have a place on disk. */
export function commandMounts(workspace: Workspace): string[] {
  return [
    ...etcMounts(ETC_FOR_COMMANDS),
    ...["--ro-bind-try", "/var/lib/gems", "/var/lib/gems"],
    ...["--symlink", "../tmp", "/var/tmp", "--symlink", "../run", "/var/run"],
    ...tmpfs(SHARED_MEMORY, 256 * MiB, "1777"),
    ...["--bind", workspace.work, INSIDE.work],
    ...["--bind", workspace.home, INSIDE.home],
    ...["--bind", workspace.tmp, INSIDE.tmp],
    ...["--bind", workspace.services, INSIDE.services],
    ...["--ro-bind", workspace.share, INSIDE.share],
  ];
}

/** bubblewrap run by root would map the files inside to the host's root, so it runs as an unused user. */
function dropTo(uid: number | undefined): string[] {
  if (uid === undefined) return [];
  return [
    "/usr/bin/setpriv",
    `--reuid=${uid}`,
    `--regid=${uid}`,
    ...["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"],
  ];
}

function tmpfs(path: string, size: number, mode: string): string[] {
  return ["--perms", mode, "--size", String(size), "--tmpfs", path];
}
