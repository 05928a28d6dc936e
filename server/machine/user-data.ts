import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchFile } from "../../protocol/responder.ts";
import type { RuntimeName } from "../../protocol/runtimes.ts";

/** Bytes that EC2 takes, before base64. */
export const MAX_USER_DATA_BYTES = 16 * 1024;

const read = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");
const setUp = read("set-up.py");
const unit = (name: string) => ({
  path: `/etc/systemd/system/${name}`,
  content: read(name),
});
const units = [unit("deferred-set-up.service"), unit("deferred-responder.service")];

export interface UserDataOptions {
  launchFile: LaunchFile;
  /** What the machine has to have; those it has besides are offered as well. */
  runtimes: readonly RuntimeName[];
}

/**
 * What cloud-init makes of a blank image: the launch file, the set-up and the units that run it at
 * every boot. Nothing in it changes when the server is upgraded, so a launch that is repeated is the same.
 */
export function userData({ launchFile, runtimes }: UserDataOptions): string {
  return cloudConfig({
    write_files: [
      {
        path: "/etc/deferred/launch.json",
        permissions: "0600",
        content: JSON.stringify(launchFile),
      },
      ...setUpFiles(launchFile.server_url, runtimes),
      ...units,
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "deferred-responder.service"],
      // Not waited for: it takes longer than cloud-init itself.
      ["systemctl", "start", "--no-block", "deferred-responder.service"],
    ],
  });
}

function setUpFiles(serverUrl: string, runtimes: readonly RuntimeName[]) {
  return [
    {
      path: "/etc/deferred/set-up.json",
      content: JSON.stringify({ server_url: serverUrl, runtimes }),
    },
    { path: "/opt/deferred/set-up.py", content: setUp },
  ];
}

/** YAML is a superset of JSON, and JSON needs no care with indentation. */
function cloudConfig(config: object): string {
  const text = `#cloud-config\n${JSON.stringify(config)}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_USER_DATA_BYTES) {
    throw new RangeError(`user data has ${bytes} bytes; EC2 takes ${MAX_USER_DATA_BYTES}`);
  }
  return text;
}
