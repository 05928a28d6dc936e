import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { commandTrials, type CommandTrial } from "./trial.ts";

/** What it prints. */
export type Report = CommandTrial[];

// Runs a project's commands in bubblewrap twice: for a test that needs to be another user.
const t = await commandTrials(bubblewrap);
const { url } = await t.repository(JSON.parse(process.argv[2]!) as Record<string, string>);
const trials: Report = [];
for (let run = 0; run < 2; run++) {
  trials.push(await t.run(url, { limits: { network: true, wall_s: 60 } }));
}
await t.close();
process.stdout.write(JSON.stringify(trials));
