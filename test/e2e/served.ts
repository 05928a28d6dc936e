import { onTestFinished } from "vitest";
import { startServing, type Served } from "./server-process.ts";

export { deferred, type Served } from "./server-process.ts";

/** A server of its own for this test, cleared away after it. */
export async function serve(env: Record<string, string> = {}): Promise<Served> {
  const served = await startServing(env);
  onTestFinished(served.clear);
  return served;
}
