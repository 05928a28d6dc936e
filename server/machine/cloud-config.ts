import { gzipSync } from "node:zlib";

/** Bytes of user data that EC2 takes, before base64. */
const MAX_BYTES = 16 * 1024;

export interface WrittenFile {
  path: string;
  /** In octal; absent: `0644`. */
  permissions?: string;
  content: string;
  /** Whether it goes compressed, since as text it would take most of the room. */
  compressed?: boolean;
}

/** User data for cloud-init: files to write, then commands to run, once for each instance. */
export function cloudConfig(files: readonly WrittenFile[], commands: readonly string[][]): string {
  const text = [
    "#cloud-config",
    "write_files:",
    ...files.flatMap(writtenFile),
    "runcmd:",
    ...commands.map((command) => `- ${JSON.stringify(command)}`),
    "",
  ].join("\n");
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_BYTES) return text;
  throw new RangeError(`user data has ${bytes} bytes, and EC2 takes ${MAX_BYTES}`);
}

function writtenFile({ path, permissions, content, compressed }: WrittenFile): string[] {
  const head = [`- path: ${path}`, ...(permissions ? [`  permissions: "${permissions}"`] : [])];
  if (compressed) {
    const packed = gzipSync(content, { level: 9 }).toString("base64");
    return [...head, "  encoding: gz+b64", `  content: ${packed}`];
  }
  const lines = content.replace(/\n$/, "").split("\n");
  return [...head, "  content: |", ...lines.map((line) => (line === "" ? "" : `   ${line}`))];
}
