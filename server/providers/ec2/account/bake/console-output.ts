import { GetConsoleOutputCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { setTimeout as sleep } from "node:timers/promises";
import { BakeError } from "./bake-error.ts";
import type { Waiting } from "./states.ts";

/** How the machine ends on its console: as clean.sh and set-up.py say it. */
const DONE = "Deferred Runner: ready to be an image";
const FAILED = /Deferred Runner: the set-up failed.*/;
/** Its last words are known some minutes after it stopped. */
const LOOKS = 60;
const SHOWN_LINES = 30;

/** Resolves once the stopped machine's console says that it was set up. Throws `BakeError` where it does not. */
export async function checkConsole(
  client: EC2Client,
  id: string,
  { signal, pollMs }: Waiting,
): Promise<void> {
  let output = "";
  for (let count = 0; count < LOOKS; count++) {
    if (count > 0) await sleep(pollMs, undefined, { signal });
    const answer = await client.send(new GetConsoleOutputCommand({ InstanceId: id }));
    output = Buffer.from(answer.Output ?? "", "base64").toString();
    if (output.includes(DONE)) return;
    if (FAILED.test(output)) break;
  }
  const said = FAILED.exec(output)?.[0].trim();
  throw new BakeError(
    said ?? `the console of ${id} does not say that it was set up`,
    "docs/machines.md has what to do for each of these lines",
    output.trimEnd().split(/\r?\n/).slice(-SHOWN_LINES),
  );
}
