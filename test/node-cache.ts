import { homedir } from "node:os";
import { join } from "node:path";

/** Where tests keep Node compressed, as machines load it: that takes a processor five seconds. */
export const compressedNode = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "deferred-runner/machine",
);
