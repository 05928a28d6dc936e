import { defineConfig } from "vitest/config";

/**
 * The slow lane, `npm run check:slow`: generators that take minutes to install and to build, and the CPU of a run, one
 * after another.
 */
export default defineConfig({
  test: {
    include: ["test/{bench,generators}/*.slow.ts"],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
