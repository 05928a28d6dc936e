import { readFile } from "node:fs/promises";
import { build, defineConfig, type InlineConfig } from "vite";

const OUT = "dist/machine";

/** A program as one file for Node, with nothing beside it. */
function program(entry: string, name: string): InlineConfig {
  return {
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      target: "node24",
      outDir: OUT,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        output: { format: "es", entryFileNames: name, codeSplitting: false },
      },
    },
  };
}

/** The responder as machines load it; the churn report, which it hands to sandboxes, is within. */
export default defineConfig(async () => {
  await build({ ...program("responder/churn/main.ts", "churn.mjs"), configFile: false });
  const churn = await readFile(`${OUT}/churn.mjs`, "utf8");
  return {
    ...program("responder/main.ts", "responder.mjs"),
    define: { CHURN_PROGRAM: JSON.stringify(churn) },
  };
});
