import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchFile } from "../../../protocol/registration.ts";
import { PACKAGES } from "../../../protocol/debian-packages.ts";
import { RUNTIME_FACTS, type RuntimeName } from "../../../protocol/runtimes.ts";
import { bootHook, onceEnabled, type WrittenFile } from "./boot-hook.ts";

export interface UserDataOptions {
  launchFile: LaunchFile;
  /** Runtimes to install; others that the image has are offered as well. */
  runtimes: readonly RuntimeName[];
}

/** Automatic updates that images run at boot, which hold apt's locks for minutes. */
const UPDATES = [
  ...["apt-daily", "apt-daily-upgrade"].flatMap((name) => [`${name}.timer`, `${name}.service`]),
  "unattended-upgrades.service",
].join(" ");
/**
 * Enables the responder at each boot, and disables automatic updates before they can begin. Units that an image does
 * not have are ignored. systemd reloads once: each time it runs all generators, which delays the first boot. A baked
 * image skips all of this, which takes 0.3 s.
 */
const ENABLE = onceEnabled([
  `systemctl -q --no-reload mask ${UPDATES} || true`,
  "systemctl -q --no-reload enable deferred-responder.service",
  "systemctl daemon-reload",
  `systemctl -q stop --no-block ${UPDATES} || true`,
]);
/** The set-up, a folder that Python runs. */
const SET_UP = globSync("set-up/*.py", { cwd: import.meta.dirname }).sort();

/**
 * User data for a blank image: the launch file, the set-up and the units that run it at every boot. It does not depend
 * on the server's bundle, so that a repeated launch stays idempotent after an upgrade.
 */
export function userData({ launchFile, runtimes }: UserDataOptions): string {
  return bootHook(
    [
      {
        path: "/etc/deferred/launch.json",
        permissions: "0600",
        content: asciiJson(launchFile),
      },
      ...setUpFiles(launchFile.server_url, runtimes),
    ],
    [
      ENABLE,
      // Asynchronous, since it takes longer than cloud-init itself.
      "systemctl start --no-block deferred-responder.service",
    ],
  );
}

/**
 * User data for baking an image: the same steps without a launch. It removes everything that has to be unique to one
 * machine, then powers off.
 */
export function bakeUserData(serverUrl: string, runtimes: readonly RuntimeName[]): string {
  return bootHook(
    [
      ...setUpFiles(serverUrl, runtimes),
      { path: "/opt/deferred/clean.sh", content: read("clean.sh") },
      unit("deferred-bake.service"),
    ],
    [ENABLE, "systemctl start --no-block deferred-bake.service"],
  );
}

function setUpFiles(serverUrl: string, runtimes: readonly RuntimeName[]): WrittenFile[] {
  return [
    {
      path: "/etc/deferred/set-up.json",
      content: asciiJson({
        server_url: serverUrl,
        languages: runtimes.flatMap((name) => RUNTIME_FACTS[name].packages),
        offered: PACKAGES,
      }),
    },
    ...SET_UP.map((name) => ({ path: `/opt/deferred/${name}`, content: read(name) })),
    unit("deferred-set-up.service"),
    unit("deferred-responder.service"),
    unit("deferred-packages.path"),
    unit("deferred-packages.service"),
  ];
}

/** JSON as one line of ASCII, independent of the machine's locale. */
function asciiJson(value: unknown): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

function unit(name: string): WrittenFile {
  return { path: `/etc/systemd/system/${name}`, content: read(name) };
}

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}
