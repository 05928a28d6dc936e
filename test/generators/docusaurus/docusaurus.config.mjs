import { rehypeDeferred } from "deferred-runner/rehype";

const blocks = [rehypeDeferred, { lock: "../deferred-blocks.lock.json" }];

export default {
  title: "Torture",
  url: "https://docs.example",
  baseUrl: "/",
  onBrokenLinks: "ignore", // The test has no start page.
  scripts: [{ src: "https://runner.example/deferred-runner.js", type: "module" }],
  presets: [
    ["classic", { docs: { routeBasePath: "/", rehypePlugins: [blocks] }, blog: false, theme: {} }],
  ],
};
