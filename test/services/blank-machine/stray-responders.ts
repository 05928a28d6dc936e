import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Responders that are not the machine's own: the one shares a group that was delegated, the other's group is systemd's. */
const STRAYS = {
  "plain-user": "User=nobody\nDelegate=yes",
  root: "",
};

/** A launch that is nobody's. */
const LAUNCH = `umask 077
sed 's/"launch_id":"[^"]*"/"launch_id":"none"/' /etc/deferred/launch.json >"/run/$1.json"
test "$1" = root || chown nobody "/run/$1.json"
`;

/**
 * Prints where it is once it is in a leaf; it is refused when it registers. On a kernel of its own each process takes
 * tens of milliseconds, so it looks rarely and by the shell's own means.
 */
const SCRIPT = `#!/bin/sh
/opt/deferred/node /opt/deferred/responder.mjs --launch "/run/$1.json" --state "/run/stray-$1" &
until read -r group <"/proc/$!/cgroup" && test "$group" != "\${group%/responder}"; do
  kill -0 $! || exit 1
  sleep 1
done
echo "$group"
wait
`;

/**
 * Lets them begin, one after another, before the responder of the machine with this disk.
 * Their folders are in memory: what a plain user makes on the disk is root's there.
 */
export function addStrayResponders(root: string): void {
  const units = join(root, "etc/systemd/system");
  const wants = join(units, "deferred-responder.service.wants");
  mkdirSync(wants);
  writeFileSync(join(root, "usr/lib/deferred-test/stray.sh"), SCRIPT);
  writeFileSync(join(root, "usr/lib/deferred-test/stray-launch.sh"), LAUNCH);
  let before = "deferred-set-up.service";
  for (const [name, properties] of Object.entries(STRAYS)) {
    const unit = `stray-${name}.service`;
    writeFileSync(
      join(units, unit),
      `[Unit]
After=${before}
Before=deferred-responder.service
[Service]
Type=oneshot
${properties}
RuntimeDirectory=stray-${name}
ExecStartPre=+/bin/sh /usr/lib/deferred-test/stray-launch.sh ${name}
ExecStart=-/bin/sh /usr/lib/deferred-test/stray.sh ${name}
StandardOutput=journal+console
StandardError=journal+console
`,
    );
    symlinkSync(`../${unit}`, join(wants, unit));
    before = unit;
  }
}
