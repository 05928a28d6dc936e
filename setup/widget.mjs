import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { NODE } from "./packages.mjs";
import { inRoot, ROOT, step } from "./root.mjs";

const STAMP = inRoot("dist/.widget-stamp");

export function widgetIsStale() {
  try {
    readFileSync(inRoot("dist/widget/deferred-runner.js"));
    return readFileSync(STAMP, "utf8") !== sourcesDigest();
  } catch {
    return true;
  }
}

export function buildWidget() {
  step("building the widget", NODE, [inRoot("node_modules/vite/bin/vite.js"), "build"]);
  stampWidget();
}

/** Records that dist/widget is what the sources of this moment make. */
export function stampWidget() {
  mkdirSync(inRoot("dist"), { recursive: true });
  writeFileSync(STAMP, sourcesDigest());
}

/** Digest over all that the built widget depends on. */
function sourcesDigest() {
  const hash = createHash("sha256");
  const files = [
    ...["widget", "protocol"].flatMap((folder) =>
      readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => inRoot(folder, name)),
    ),
    inRoot("vite.config.ts"),
    inRoot("package-lock.json"),
  ];
  for (const file of files.sort())
    hash.update(`${relative(ROOT, file)}\n`).update(readFileSync(file));
  return hash.digest("hex");
}
