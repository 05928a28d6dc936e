import { onTestFinished, type TestContext } from "vitest";
import { startServing, type Served } from "./server-process.ts";

export { deferred, type Served } from "./server-process.ts";

/** Where tests run beside each other: `onTestFinished` of the test's own context. */
export type AtEnd = TestContext["onTestFinished"];

/** A server of its own for this test, cleared away after it. */
export async function serve(
  env: Record<string, string> = {},
  atEnd: AtEnd = onTestFinished,
): Promise<Served> {
  const served = await startServing(env);
  atEnd(served.clear);
  return served;
}
