import { cpSync, globSync, rmSync } from "node:fs";
import { inRoot, ROOT, step } from "./root.mjs";
import { buildBundle } from "./bundles.mjs";
import { bundleSdk } from "./bundle-sdk.ts";

/**
 * Everything in dist/: the element for pages (widget/) and for bundlers (module/), the responder for machines
 * (machine/), and the Node side as JavaScript in the same tree.
 */
async function build(): Promise<void> {
  for (const entry of globSync("dist/*", { cwd: ROOT, exclude: ["dist/widget", "dist/machine"] })) {
    rmSync(inRoot(entry), { recursive: true });
  }
  buildBundle("widget");
  buildBundle("responder");
  const tsc = inRoot("node_modules/typescript/bin/tsc");
  // `npm run check` has checked the types, which takes five times as long as this.
  const options = ["-p", "tsconfig.build.json", "--noCheck"];
  step("compiling what runs on Node", process.execPath, [tsc, ...options]);
  step("compiling the element as modules", process.execPath, [tsc, "-p", "tsconfig.element.json"]);
  await bundleSdk();
  copyStaticFiles();
}

/** Files that code finds beside itself (stylesheets, page scripts) go where the compiled code is. */
function copyStaticFiles(): void {
  const pattern =
    "{server,responder,cli}/**/*.{css,csv,html,js,mjs,path,png,py,rb,sh,service,svg,sql,json}";
  for (const file of globSync(pattern, { cwd: ROOT, exclude: ["cli/deferred.mjs"] })) {
    cpSync(inRoot(file), inRoot("dist", file));
  }
}

await build();
