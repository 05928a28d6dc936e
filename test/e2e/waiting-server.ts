import { pino } from "pino";
import { onTestFinished } from "vitest";
import { readServerSettings, startServer } from "../../server/main.ts";
import { deferred, startDeferred, temporaryFolder } from "../cli/deferred.ts";
import { IDLE_MACHINE } from "../idle-machine.ts";
import { createOwner } from "../systems/client.ts";
import { assetsWith } from "../systems/in-process.ts";

/** A server with a project, whose machines never come up, so that everything waits. */
export async function startWaiting(env: Record<string, string> = {}) {
  const data = await temporaryFolder();
  const settings = readServerSettings({
    DEFERRED_DATA: data,
    PORT: "0",
    DEFERRED_ALLOW_PRIVATE: "1",
    ...env,
  });
  const server = await startServer(settings, {
    responder: IDLE_MACHINE,
    assets: assetsWith(),
    log: pino({ level: "silent" }),
  });
  onTestFinished(() => server.close());
  const owner = await createOwner({ url: server.url, data });
  await owner.createProject("acme/app", "http://127.0.0.1:1/app.git");
  const options = { env: { DEFERRED_DATA: data, DEFERRED_PROJECT: "acme/app" } };
  return {
    data,
    start: (...args: string[]) => startDeferred(args, options),
    deferred: (...args: string[]) => deferred(args, options),
  };
}
