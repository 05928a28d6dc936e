import { gunzipSync } from "node:zlib";

/** The script in a boot hook's user data. */
export function scriptOf(hook: string): string {
  const [, packed = ""] = /\n(\S+)\nEND-OF-FILE\n$/.exec(hook) ?? [];
  return gunzipSync(Buffer.from(packed, "base64")).toString();
}
