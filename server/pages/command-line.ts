import { existsSync } from "node:fs";
import { extname } from "node:path";

/** The package has no sources beside what was built of them. */
const sources = extname(import.meta.filename) === ".ts" ? "../../cli" : "../../../../cli";

/**
 * The command that runs this server's command line, for people to copy: from its checkout, or by the
 * package's name. Bare `deferred` is not on the path by default, and `npx deferred` is another project's
 * package.
 */
export const DEFERRED = existsSync(new URL(`${sources}/main.ts`, import.meta.url))
  ? "npm run --silent deferred --"
  : "npx deferred-runner";
