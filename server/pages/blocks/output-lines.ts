import { html } from "hono/html";
import type { RunEvent } from "../../../protocol/events.ts";
import { fileSize } from "../../../protocol/words.ts";
import type { ReadLog } from "../../runs/log-reads.ts";
import type { Html } from "../layout.ts";
import { piecesOf } from "../projects/log-lines.ts";
import { shownSteps, type ShownStep } from "../projects/steps.ts";

/** Most batches of a run's log that one page reads; a program of many tiny writes has more. */
const MAX_BATCHES = 40;

/** The output of a run's last attempt so far; undefined where it printed nothing. */
export async function readOutput(run: string, readLog: ReadLog): Promise<ShownStep | undefined> {
  let events: RunEvent[] = [];
  let after = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const part = await readLog(run, after);
    events.push(...part.events);
    const begun = events.findLastIndex(({ type }) => type === "attempt_started");
    events = events.slice(Math.max(0, begun));
    after = part.events.at(-1)?.id ?? after;
    if (!part.more) break;
  }
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
