import { html } from "hono/html";
import { fileSize } from "../../../protocol/words.ts";
import type { ReadLog } from "../../runs/log-reads.ts";
import type { Html } from "../layout.ts";
import { piecesOf } from "../../runs/log-lines.ts";
import { shownSteps, type ShownStep } from "../../runs/log-steps.ts";
import { readRunLog } from "./runs/run-log.ts";

/** The output of a run's last attempt so far; undefined where it printed nothing. */
export async function readOutput(run: string, readLog: ReadLog): Promise<ShownStep | undefined> {
  const { events } = await readRunLog(run, readLog);
  return shownSteps(events.map((event) => ({ at: Date.parse(event.at), event })))[0];
}

/** Output as a terminal shows it, without its beginning where it is long. */
export function outputLog({ lines, left }: ShownStep): Html {
  return html`${
      left > 0
        ? html`<p class="quiet">The first ${fileSize(left)} of the output are not shown here.</p>`
        : ""
    }
    <div class="log" tabindex="0" role="group" aria-label="Output">
      <pre class="output">
${lines.map(
  (line) =>
    html`<span class="${line.stream === "stderr" ? "l stderr" : "l"}"
      >${piecesOf(line).map(({ text, look }) =>
        look ? html`<span class="${look}">${text}</span>` : html`${text}`,
      )}</span
    >`,
)}</pre>
    </div>`;
}
