import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { paths } from "../../protocol/paths.ts";
import { isEnded, RunViewSchema } from "../../protocol/run.ts";
import { connect } from "../api/client.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { examples } from "../command/help.ts";
import { follow } from "../run/follow.ts";
import { followPlace } from "../run/place.ts";
import { screen } from "../run/screen.ts";
import { createStatusLine } from "../terminal/status-line.ts";
import { onStopSignal } from "../terminal/stop-signals.ts";
import { readRunId } from "./run-id.ts";

export function logs(command: Command): CommandUnknownOpts {
  return command
    .description(
      "RUN is an id or the address of a run's page. Its output goes to standard output and standard error as it came, " +
        "its steps and its end as notes to standard error. Ctrl-C ends the reading, not the run.",
    )
    .argument("<RUN>")
    .option("-f, --follow", "Go on until the run ends")
    .addHelpText(
      "after",
      examples(
        "deferred logs 4Yb1fMkq0sC8wz0R7hJd2Q",
        "deferred logs -f $(deferred ps --json | jq -r '.runs[0].id')",
      ),
    )
    .action(async (run, options) => {
      const client = await connect();
      const view = await client.call(paths.run(readRunId(run, client.serverUrl)), RunViewSchema);
      const following = options.follow === true && !isEnded(view.state);
      const status = createStatusLine(following);
      const place = followPlace({ run_url: view.run_url, token: client.token });
      const shown = screen(status, { quiet: false, steps: "all", place: () => place.text });
      const stop = new AbortController();
      const stopListening = onStopSignal(() => stop.abort(), EXIT.canceled);
      const events = { events_url: view.events_url, token: client.token };
      try {
        for await (const event of follow(events, stop.signal)) {
          if (following) place.onEvent(event);
          shown.show(event);
          if (!following && event.id >= view.last_event) break;
        }
      } finally {
        stopListening();
        shown.end();
        place.end();
        status.clear();
      }
      if (stop.signal.aborted) process.exitCode = EXIT.canceled;
    });
}
