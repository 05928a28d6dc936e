import { defineConfig } from "vitest/config";

/** The slow lane, `npm run check:slow`: generators that take minutes to install and to build. */
export default defineConfig({
  test: { include: ["test/generators/*.slow.ts"], testTimeout: 900_000, hookTimeout: 900_000 },
});
