/**
 * The command that runs this server's command line, for people to copy: from its checkout, or by the
 * package's name. Bare `deferred` is not on the path by default, and `npx deferred` is another project's
 * package.
 */
export const DEFERRED = import.meta.filename.endsWith(".ts")
  ? "npm run --silent deferred --"
  : "npx deferred-runner";
