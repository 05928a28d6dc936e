import mdx from "@astrojs/mdx";
import { defineConfig } from "astro/config";
import { astroDeferred } from "deferred-runner/astro";

export default defineConfig({
  integrations: [mdx(), astroDeferred({ lock: "../deferred-blocks.lock.json" })],
});
