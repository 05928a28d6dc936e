import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What a cloud's Debian image has and a minimal one lacks. */
const PACKAGES = ["systemd", "systemd-sysv", "dbus", "cloud-init", "iproute2"];
/**
 * What the tests' machines install. A repository on their own disk has these alone: apt reads the lists of all of
 * Debian for seconds, each time.
 */
const OFFERED = [
  ...["bubblewrap", "ca-certificates", "libatomic1", "python3", "ruby"],
  ...["git", "openssh-client", "memcached"],
];
const REPOSITORY = "usr/lib/deferred-test/debian";
/** What nobody looks at here. */
const LEFT_OUT = [
  "/usr/share/man/*",
  "/usr/share/doc/*",
  "/usr/share/locale/*",
  "/usr/share/info/*",
];
const UNWANTED_AT_BOOT = [
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "fstrim.timer",
  "systemd-networkd-wait-online.service",
  "systemd-timesyncd.service",
  // Of a first boot, where they take longest.
  "ldconfig.service",
  "systemd-journal-catalog-update.service",
  "systemd-binfmt.service",
  "modprobe@drm.service",
  "modprobe@efi_pstore.service",
  "getty.target",
];
/** Generators that find nothing here. systemd starts each of them at a boot and at each reload. */
const GENERATORS = [
  ...["debug", "fstab", "getty", "gpt-auto", "hibernate-resume", "rc-local", "run", "ssh"],
  ...["system-update", "sysv", "tpm2"],
];

/** cloud-init as on EC2, but for modules that do nothing here, or would touch the host's disks and network. */
const CLOUD_CONFIG = `datasource_list: [Ec2]
network: {config: disabled}
cloud_init_modules: [seed_random, bootcmd, write-files, set_hostname, update_hostname, update_etc_hosts]
cloud_config_modules: [runcmd]
cloud_final_modules: [package-update-upgrade-install, write-files-deferred, scripts-user, final-message]
`;
/**
 * EC2 is recognised by an id of the hypervisor, which no container shows: the stage that looks for it
 * gets a /sys of its own.
 */
const ON_EC2 = `[Service]
TemporaryFileSystem=/sys
BindReadOnlyPaths=/usr/lib/deferred-test:/sys/hypervisor
BindReadOnlyPaths=/sys/class /sys/devices
`;

/** What `debian-13`, the default image, boots; another can be tried by hand. */
const RELEASE = process.env["DEFERRED_TEST_RELEASE"] || "trixie";

/**
 * A blank Debian with cloud-init, made from the host's own mirror once and kept in the user's cache. Not
 * to be booted itself: copies are.
 */
export function blankRoot(): string {
  const script = recipe();
  const key = createHash("sha256").update(script).digest("hex").slice(0, 12);
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "deferred-runner");
  const root = join(cache, `blank-debian-${key}`);
  if (existsSync(root)) return root;
  mkdirSync(cache, { recursive: true });
  // One makes it while the others wait.
  const made = spawnSync("flock", [`${root}.lock`, "sh", "-c", script, "sh", root], {
    encoding: "utf8",
    env: { ...process.env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (made.status !== 0)
    throw new Error(`No blank Debian could be made, which takes its mirrors:\n${made.stderr}`);
  return root;
}

function recipe(): string {
  const options = [
    "--variant=minbase",
    "--aptopt='Acquire::Languages none'",
    // apt's way into the new root, while its lists are there.
    `--customize-hook='APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q -y --no-install-recommends --download-only install ${OFFERED.join(" ")}'`,
    `--customize-hook='mkdir -p "$1/${REPOSITORY}" && mv "$1"/var/cache/apt/archives/*.deb "$1/${REPOSITORY}"'`,
    `--include=${PACKAGES.join(",")}`,
    ...LEFT_OUT.map((path) => `--dpkgopt='path-exclude=${path}'`),
  ];
  return `set -eu
test ! -e "$1" || exit 0
rm -rf "$1".part
mmdebstrap ${options.join(" ")} ${RELEASE} "$1".part 'deb ${mirror()} ${RELEASE} main' >&2
cd "$1".part
cat >etc/cloud/cloud.cfg.d/90_ec2.cfg <<'END'
${CLOUD_CONFIG}END
mkdir -p usr/lib/deferred-test var/log/journal etc/systemd/system-generators
(
  cd ${REPOSITORY}
  for file in *.deb; do
    dpkg-deb --field "$file"
    printf 'Filename: ./%s\\nSize: %s\\nSHA256: ' "$file" "$(stat -c %s "$file")"
    sha256sum "$file" | cut -d ' ' -f 1
    echo
  done >Packages
)
rm -rf etc/apt/sources.list etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/${REPOSITORY} ./' >etc/apt/sources.list
echo ec2e1916-9099-7caf-fd21-012345abcdef >usr/lib/deferred-test/uuid
for stage in cloud-init-local cloud-init cloud-init-main cloud-init-network; do
  mkdir -p "etc/systemd/system/$stage.service.d"
  cat >"etc/systemd/system/$stage.service.d/on-ec2.conf" <<'END'
${ON_EC2}END
done
for name in ${GENERATORS.join(" ")}; do
  ln -s /dev/null "etc/systemd/system-generators/systemd-$name-generator"
done
for unit in ${UNWANTED_AT_BOOT.join(" ")}; do ln -sf /dev/null "etc/systemd/system/$unit"; done
: >etc/machine-id
rm -f var/lib/dbus/machine-id etc/hostname
mv "$1".part "$1"
`;
}

/** The host's own mirror of Debian, by plain http: a blank machine has no certificates. */
function mirror(): string {
  const files = ["/etc/apt/sources.list", ...globSync("/etc/apt/sources.list.d/*.{list,sources}")];
  const text = files.map((file) => (existsSync(file) ? readFileSync(file, "utf8") : "")).join("\n");
  return (
    /^(?:URIs:|deb)\s+.*?(http:\/\/\S+\/debian\/?)(?=\s|$)/m.exec(text)?.[1] ??
    "http://deb.debian.org/debian"
  );
}
