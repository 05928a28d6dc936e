import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import * as v from "valibot";
import type { ServerOptions } from "../server/main.ts";

/** Whether the sources run as they are. The package holds them built, in `dist/node`. */
const fromSource = extname(import.meta.filename) === ".ts";
const root = join(import.meta.dirname, fromSource ? ".." : "../../..");

/** The version in package.json. */
export function version(): string {
  return v.parse(v.object({ version: v.string() }), JSON.parse(packageFile("package.json")))
    .version;
}

/** The text of a file that the package ships, by its path from the root. */
export function packageFile(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** How local compute starts a responder: by this Node, from source or as other machines load it. */
export function responderCommand(): { command: string; args: string[] } {
  const main = fromSource ? "responder/main.ts" : "dist/machine/responder.mjs";
  return { command: process.execPath, args: [join(root, main)] };
}

/** Files that the server serves. */
export function serverAssets(): ServerOptions["assets"] {
  return {
    widget: join(root, "dist/widget/deferred-runner.js"),
    examples: join(root, "examples"),
    guides: join(root, "dist/guides/guides.json"),
    responder: join(root, "dist/machine/responder.mjs"),
    version: version(),
  };
}
