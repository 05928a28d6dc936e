import { GetConsoleOutputCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { setTimeout as sleep } from "node:timers/promises";
import { BakeError } from "./bake-error.ts";
import type { Waiting } from "./states.ts";

/** The last console line of a successful set-up, as clean.sh and the set-up write it. */
const DONE = "Deferred Runner: ready to be an image";
const FAILED = /Deferred Runner: the set-up failed.*/;
/** Number of polls: the console's last lines may be available only minutes after the stop. */
const LOOKS = 60;
const SHOWN_LINES = 30;

/** Waits for the success line on the stopped machine's console. Throws `BakeError` if it is missing. */
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
