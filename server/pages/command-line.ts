/**
 * How the command line of this very server is called, for commands to copy: in the checkout it runs from, or by
 * the package's name. Bare `deferred` is on no path by itself, and `npx deferred` is somebody else's package.
 */
export const DEFERRED = import.meta.filename.endsWith(".ts")
  ? "npm run --silent deferred --"
  : "npx deferred-runner";
