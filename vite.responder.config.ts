import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, defineConfig, type InlineConfig } from "vite";
import { thirdPartyLicenses } from "./setup/licenses.ts";

const OUT = "dist/machine";
/** Programs that the responder puts into sandboxes, by their built names. */
const INSIDE = {
  "churn.mjs": "responder/churn/main.ts",
  "forward.cjs": "responder/network/inside/forward.ts",
  "supervise.cjs": "responder/sandbox/supervisor/inside/main.ts",
} as const;

/** A program as one file for Node that imports nothing but Node's own modules. */
function program(entry: string, name: string): InlineConfig {
  return {
    configFile: false,
    publicDir: false,
    plugins: [thirdPartyLicenses("THIRD-PARTY-LICENSES")],
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      target: "node24",
      outDir: OUT,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        output: {
          // A CommonJS program starts faster: the supervisor's start is part of a checkout's time.
          format: name.endsWith(".cjs") ? "cjs" : "es",
          entryFileNames: name,
          codeSplitting: false,
        },
      },
    },
  };
}

/** The launcher of sandboxes for machines of this architecture, if it was built here. */
async function bundleLauncher() {
  const path = `${OUT}/launcher-${process.arch}`;
  if (!existsSync(path)) return undefined;
  const packed = gzipSync(await readFile(path), { level: 9 });
  return { arch: process.arch, packed: packed.toString("base64") };
}

/** The responder as machines load it, with the texts of the programs inside it. */
export default defineConfig(async () => {
  const texts: Record<string, string> = {};
  for (const [name, entry] of Object.entries(INSIDE)) {
    await build(program(entry, name));
    texts[name] = await readFile(`${OUT}/${name}`, "utf8");
  }
  const { configFile: _, ...responder } = program("responder/main.ts", "responder.mjs");
  const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
  const define = {
    "globalThis.BUNDLED_PROGRAMS": JSON.stringify(texts),
    "globalThis.BUNDLED_LAUNCHER": JSON.stringify(await bundleLauncher()) ?? "undefined",
    "globalThis.RESPONDER_RELEASE": JSON.stringify(version),
  };
  return { ...responder, define };
});
