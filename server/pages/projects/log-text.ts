import { plainLine } from "../../../protocol/terminal-text.ts";
import { plainOutput } from "../../../protocol/terminal-pieces.ts";
import { loggedSteps, type LoggedEvent } from "../../runs/log-steps.ts";

/** All output of an attempt as text, each step under a line with its name. Lines are numbered as on the page. */
export function logText(events: readonly LoggedEvent[]): string {
  return loggedSteps(events)
    .map(({ name, lines }) =>
      [`[${plainLine(name)}]`, ...lines.map(({ raw }) => plainOutput(raw)), ""].join("\n"),
    )
    .join("\n");
}
