import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where EC2's machines find their metadata service. */
export const METADATA = "169.254.169.254";
/** slirp's names for the machine and for the host. */
const OWN = "10.0.2.15";
const HOST = "10.0.2.2";

const UP = `[Unit]
DefaultDependencies=no
After=systemd-modules-load.service local-fs.target
Before=cloud-init-local.service network-pre.target sysinit.target
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'ip link set lo up; ip address replace ${METADATA}/32 dev lo; ip address replace ${OWN}/24 dev eth0; ip link set eth0 up; ip route replace default via ${HOST}'
`;

/** What has nothing to do there, or nothing that anybody looks at. Each process takes that kernel 40 ms and more. */
const LEFT_OUT = [
  ...["modules-load", "random-seed", "sysusers", "update-done", "logind", "user-sessions"].map(
    (name) => `systemd-${name}.service`,
  ),
  ...["systemd-tmpfiles-setup-dev-early.service", "systemd-tmpfiles-clean.timer"],
  ...["modprobe@configfs.service", "modprobe@fuse.service", "cloud-init-hotplugd.socket"],
  ...["systemd-ask-password-console.path", "systemd-ask-password-wall.path"],
];

/** Connections to `listen` on the machine go to `port` on the host's loopback. */
interface Forward {
  listen: string;
  port: number;
}

/** Gives the disk in `root` units that make its network: the provider's part, of which nothing is the product's. */
export function writeUnits(root: string, forwards: readonly Forward[]): void {
  const folder = join(root, "etc/systemd/system");
  const write = (name: string, text: string, wantedBy: string) => {
    writeFileSync(join(folder, name), text);
    const wants = join(folder, `${wantedBy}.wants`);
    mkdirSync(wants, { recursive: true });
    rmSync(join(wants, name), { force: true });
    symlinkSync(`../${name}`, join(wants, name));
  };
  for (const name of LEFT_OUT) {
    rmSync(join(folder, name), { force: true });
    symlinkSync("/dev/null", join(folder, name));
  }
  write("test-network.service", UP, "sysinit.target");
  for (const [index, { listen, port }] of forwards.entries()) {
    const name = `test-forward-${index}`;
    const socket = `[Unit]\nDefaultDependencies=no\nAfter=test-network.service\nBefore=cloud-init-local.service\n[Socket]\nListenStream=${listen}\nFreeBind=yes\n`;
    write(`${name}.socket`, socket, "sysinit.target");
    const service = `[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd ${HOST}:${port}\n`;
    writeFileSync(join(folder, `${name}.service`), service);
  }
}
