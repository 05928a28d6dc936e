import { gzipSync } from "node:zlib";

/** Bytes of user data that EC2 takes, before base64. */
const MAX_BYTES = 16 * 1024;
const END = "END-OF-FILE";
/** cloud-init's own folder of the instance: another instance has another. */
const DONE = "/var/lib/cloud/instance/deferred-begun";

/** Files come to be as a whole, and never with more rights than they are to have. */
const PUT = `put() {
  mkdir -p "\${2%/*}"
  (umask 077 && cat >"$2.part")
  chmod "$1" "$2.part"
  mv "$2.part" "$2"
}`;

export interface WrittenFile {
  path: string;
  /** In octal; absent: `0644`. */
  permissions?: string;
  content: string;
}

/**
 * User data for cloud-init: a boot hook, which it runs as soon as it has it, before its own modules. What is written by
 * `write_files` and started by `runcmd` would wait for the last of its stages. cloud-init runs a hook at each
 * boot; the work is done once for each instance, also where the image was made of a machine of ours.
 */
export function bootHook(files: readonly WrittenFile[], commands: readonly string[]): string {
  const script = [
    PUT,
    ...files.map(putFile),
    ...commands,
    `touch "$done"\n`, // What was cut off is done again.
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
