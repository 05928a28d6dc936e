import { globSync, rmSync } from "node:fs";
import { buildBundle } from "./bundles.mjs";
import { inRoot, ROOT, step } from "./root.mjs";

// Everything in dist/: the element for pages (widget/) and for bundlers (module/), the responder for machines
// (machine/), and the command line with its server (node/).

const kept = ["dist/widget", "dist/machine", "dist/node"];
for (const entry of globSync("dist/*", { cwd: ROOT, exclude: kept })) {
  rmSync(inRoot(entry), { recursive: true });
}
for (const name of ["widget", "responder", "node"] as const) buildBundle(name);
const tsc = inRoot("node_modules/typescript/bin/tsc");
step("compiling the element as modules", process.execPath, [tsc, "-p", "tsconfig.element.json"]);
