import { gzipSync } from "node:zlib";

/** Maximum bytes of EC2's user data, before base64. */
const MAX_BYTES = 16 * 1024;
const END = "END-OF-FILE";
/** A marker in cloud-init's folder of this instance; a copy of the disk on another instance has another folder. */
const DONE = "/var/lib/cloud/instance/deferred-begun";

/** Exists while the units on disk are those that were enabled and loaded, also on an image that was baked with them. */
const ENABLED = "/opt/deferred/enabled";

/** Writes files atomically, with their final permissions from the beginning. Unchanged files stay as they are. */
const PUT = `put() {
  mkdir -p "\${2%/*}"
  (umask 077 && cat >"$2.part")
  chmod "$1" "$2.part"
  if cmp -s "$2.part" "$2"; then
    rm "$2.part"
    return
  fi
  case "$2" in *.service | *.path) rm -f ${ENABLED} ;; esac
  mv "$2.part" "$2"
}`;

/** Commands that enable the units: done again only where a unit has changed. */
export function onceEnabled(commands: readonly string[]): string {
  return [`if test ! -e ${ENABLED}; then`, ...commands, `touch ${ENABLED}`, "fi"].join("\n");
}

export interface WrittenFile {
  path: string;
  /** In octal; absent: `0644`. */
  permissions?: string;
  content: string;
}

/**
 * User data for cloud-init: a boot hook, which runs as soon as it is loaded, before cloud-init's modules; `runcmd` would
 * run only in the last stage. A hook runs at each boot, but the commands run once for each instance, also if the image
 * was made from a machine of ours.
 */
export function bootHook(files: readonly WrittenFile[], commands: readonly string[]): string {
  const script = [
    PUT,
    ...files.map(putFile),
    ...commands,
    `touch "$done"\n`, // Last, so that an interrupted hook is repeated.
  ].join("\n");
  const text = `#cloud-boothook
#!/bin/sh
export done=${DONE}
test ! -e "$done" || exit 0
base64 -d <<'${END}' | gzip -d | sh -eu
${gzipSync(script, { level: 9 }).toString("base64")}
${END}
`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_BYTES) return text;
  throw new RangeError(`user data has ${bytes} bytes, and EC2 takes ${MAX_BYTES}`);
}

function putFile({ path, permissions = "0644", content }: WrittenFile): string {
  const text = content.endsWith("\n") ? content : `${content}\n`;
  if (text.split("\n").includes(END)) throw new RangeError(`${path} has a line ${END}`);
  return `put ${permissions} ${path} <<'${END}'\n${text}${END}`;
}
