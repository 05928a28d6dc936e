import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import * as v from "valibot";
import type { ServerOptions } from "../server/main.ts";

/** A checkout runs the sources as they are; the package holds them compiled, one folder deeper. */
const extension = extname(import.meta.filename);
const tree = join(import.meta.dirname, "..");
const root = extension === ".ts" ? tree : join(tree, "..");

/** The version in package.json. */
export function version(): string {
  return v.parse(v.object({ version: v.string() }), JSON.parse(packageFile("package.json")))
    .version;
}

/** The text of a file that the package ships, by its path from the root. */
export function packageFile(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** How local compute starts a responder: this Node, and the responder beside this command line. */
export function responderCommand(): { command: string; args: string[] } {
  return { command: process.execPath, args: [join(tree, `responder/main${extension}`)] };
}

/** What the server serves beside its own answers. */
export function serverAssets(): ServerOptions["assets"] {
  return {
    widget: join(root, "dist/widget/deferred-runner.js"),
    examples: join(root, "examples"),
    responder: join(root, "dist/machine/responder.mjs"),
    version: version(),
  };
}
