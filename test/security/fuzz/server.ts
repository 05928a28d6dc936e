import { join } from "node:path";
import { readServerSettings, startServer } from "../../../server/main.ts";
import { IDLE_MACHINE } from "../../idle-machine.ts";

/** What it uses once its garbage is collected, in bytes. */
export interface Memory {
  rss: number;
  heap: number;
  /** The heap and what lies beside it, as the contents of buffers do. */
  held: number;
}

// A whole server in a process of its own, which can be measured. Its machines are processes that only
// wait: whoever sends requests plays them as well.

const root = join(import.meta.dirname, "../../..");
const server = await startServer(readServerSettings(process.env), {
  responder: IDLE_MACHINE,
  assets: {
    widget: join(root, "test/fixtures/widget/deferred-runner.js"),
    examples: join(root, "examples"),
    guides: join(root, "dist/guides/guides.json"),
    version: "0.0.0",
  },
});
process.on("message", (asked) => {
  if (asked === "cpu") {
    const { user, system } = process.threadCpuUsage();
    process.send!((user + system) / 1000);
    return;
  }
  globalThis.gc!();
  // The second waits until the buffers of the first are freed.
  globalThis.gc!();
  const { rss, heapUsed: heap, external } = process.memoryUsage();
  process.send!({ rss, heap, held: heap + external } satisfies Memory);
});
process.stdout.write(`${server.url}\n`);
process.once("SIGTERM", () => void server.close().then(() => process.exit()));
