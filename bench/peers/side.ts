import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startServing } from "../../test/systems/process.ts";
import { signSnippet, type Snippet } from "../warm/snippets.ts";
import type { FloorAnswer, FloorRequest } from "./floor.ts";
import type { Request } from "./load.ts";

/** A runner that the load program measures. */
export interface Side {
  name: string;
  /** The request that runs a snippet, and how its answer says what the program printed. */
  requestFor(snippet: Snippet): Promise<Request>;
  close(): Promise<void>;
}

const JSON_HEADERS = { "content-type": "application/json" };
const closeNothing = async () => {};

export async function startOurs(): Promise<Side> {
  const served = await startServing({ DEFERRED_LOG: "error" });
  return {
    name: "this product",
    async requestFor(snippet) {
      const body = await signSnippet(served, snippet);
      const headers = { ...JSON_HEADERS, accept: "text/plain" };
      return { url: `${served.url}/v1/runs`, headers, body, printed: (answer) => answer };
    },
    close: served.clear,
  };
}

export async function startFloor(): Promise<Side> {
  const child = fork(join(import.meta.dirname, "floor.ts"));
  const [url] = (await once(child, "message")) as [string];
  return {
    name: "floor",
    async requestFor({ name, code }) {
      const body = JSON.stringify({ language: name, code } satisfies FloorRequest);
      const printed = (answer: string) => (JSON.parse(answer) as FloorAnswer).stdout;
      return { url, headers: JSON_HEADERS, body, printed };
    },
    async close() {
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}

/** How each peer is asked: its path, its body, and where its answer has the output. */
const PEERS: Record<
  string,
  (snippet: Snippet) => Pick<Request, "body" | "printed"> & { path: string }
> = {
  piston: ({ name, code }) => ({
    path: "/api/v2/execute",
    body: JSON.stringify({
      ...{ language: name === "node" ? "javascript" : name, version: "*" },
      files: [{ content: code }],
    }),
    printed: (answer) => (JSON.parse(answer) as { run: FloorAnswer }).run.stdout,
  }),
  codapi: ({ name, code }) => ({
    path: "/v1/exec",
    body: JSON.stringify({ sandbox: name, command: "run", files: { "": code } }),
    printed: (answer) => (JSON.parse(answer) as FloorAnswer).stdout,
  }),
};

export const PEER_NAMES = Object.keys(PEERS);

/** A peer that somebody has started, given as `NAME=URL`. */
export function peerAt(option: string): Side {
  const [, name = "", url = ""] = /^(\w+)=(https?:\/\/.+?)\/?$/.exec(option) ?? [];
  const describe = PEERS[name];
  if (!describe) throw new Error(`--peer takes NAME=URL, with a NAME of ${PEER_NAMES.join(", ")}.`);
  return {
    name,
    async requestFor(snippet) {
      const { path, body, printed } = describe(snippet);
      return { url: url + path, headers: JSON_HEADERS, body, printed };
    },
    close: closeNothing,
  };
}
