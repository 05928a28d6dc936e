/**
 * Node's `http` without `import`: that reads every export, and those for WebSocket load undici, which takes 30 ms of CPU at
 * each start.
 */
export const nodeHttp = process.getBuiltinModule("node:http");

/** The module for URLs of `protocol`. TLS takes 15 ms to load, so it is loaded with the first URL that needs it. */
export function httpFor(protocol: string): Pick<typeof nodeHttp, "Agent" | "request"> {
  return protocol === "https:" ? process.getBuiltinModule("node:https") : nodeHttp;
}
