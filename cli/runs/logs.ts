import { paths } from "../../protocol/paths.ts";
import { isEnded, RunViewSchema } from "../../protocol/run.ts";
import { connect } from "../client.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../run/follow.ts";
import { followPlace } from "../run/place.ts";
import { screen } from "../run/screen.ts";
import { statusLine } from "../run/status-line.ts";
import { runId } from "./run-id.ts";

export const logs: Command = {
  name: "logs",
  usage: "RUN [options]",
  summary: "Print what a run has printed.",
  details: [
    "RUN is an id or the address of a run's page. Its output goes to standard output and standard error as it came,\n" +
      "its steps and its end as notes to standard error. Ctrl-C ends the reading, not the run.",
  ],
  options: {
    follow: { type: "boolean", short: "f", help: "Go on until the run ends" },
  },
  examples: [
    "deferred logs 4Yb1fMkq0sC8wz0R7hJd2Q",
    "deferred logs -f $(deferred ps --json | jq -r '.runs[0].id')",
  ],
  async run(args) {
    const run = args.only("a run's id");
    const client = await connect(args);
    const id = runId(run, args, client);
    const view = await client.call(paths.run(id), RunViewSchema);
    const following = args.flag("follow") && !isEnded(view.state);
    const status = statusLine(following);
    const place = followPlace({ run_url: view.run_url, token: client.token });
    const show = screen(status, { quiet: false, steps: "all", place: () => place.text });
    const stop = new AbortController();
    process.once("SIGINT", () => stop.abort());
    const events = { events_url: view.events_url, token: client.token };
    for await (const event of follow(events, stop.signal)) {
      if (following) place.heard(event);
      show(event);
      if (!following && event.id >= view.last_event) break;
    }
    place.end();
    status.clear();
    return stop.signal.aborted ? EXIT.canceled : EXIT.ok;
  },
};
