/** How the element's documentation is read from its sources; setup/docs.ts runs the analyzer. */
export default {
  globs: ["widget/deferred-runner.ts", "widget/define.ts"],
  litelement: true,
  quiet: true,
  // It would write the path of a temporary folder into package.json.
  packagejson: false,
};
