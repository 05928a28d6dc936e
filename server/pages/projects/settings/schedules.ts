import { html } from "hono/html";
import type { Hono } from "hono";
import { ApiError } from "../../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { Commands } from "../../../commands/commands.ts";
import { nextTime } from "../../../commands/cron.ts";
import type { Reading } from "../../../commands/reading/reading.ts";
import type { ListedSchedule } from "../../../commands/schedule-order.ts";
import { slugOf } from "../../../projects/slug.ts";
import { postButton } from "../../form/post-form.ts";
import { agoTime } from "../../format.ts";
import type { Html } from "../../layout.ts";
import type { ServePage, ServePageDeps } from "../serve-page.ts";
import { settingsPage } from "./settings-page.ts";
import { ACTIONS, tableHead } from "../../table-head.ts";

export interface SchedulePagesDeps extends Pick<ServePageDeps, "access"> {
  reading: Pick<Reading, "schedules">;
  commands: Pick<Commands, "runSchedule">;
}

/** How many of a schedule's next times are shown. */
const TIMES = 3;

/** The schedules of a project's file, each with its next times and a button that runs it now. */
export function addSchedulePages(app: Hono, page: ServePage, deps: SchedulePagesDeps): void {
  const { reading, commands, access } = deps;

  page(
    pagePaths.schedules(":owner/:name"),
    async (c, { project: { slug }, now }) => {
      const schedules = await reading.schedules(slug);
      return settingsPage(c, {
        slug,
        tab: "schedules",
        heading: "Schedules",
        lead: html`They stand in the <code>.deferred-server</code> file of the default branch, under
          <code>schedule</code>. Times are UTC.`,
        main: schedules.length === 0 ? noSchedules : table(slug, schedules, now),
      });
    },
    { scope: "admin" },
  );

  app.post(pagePaths.runSchedule(":owner/:name", ":position"), async (c) => {
    const slug = slugOf(c);
    const actor = await access.submit(c, slug, "run");
    const position = Number(c.req.param("position"));
    if (!Number.isSafeInteger(position)) {
      throw new ApiError("query_invalid", "The address names a schedule by its place in the file.");
    }
    const { id } = await commands.runSchedule(slug, position, undefined, actor);
    return c.redirect(pagePaths.run(slug, id), 303);
  });
}

const noSchedules = html`<p>The file has none that the server has seen. To add one, write:</p>
  <pre tabindex="0">
schedule:
  - cron: "30 4 * * *"
    commands:
      - npm run nightly</pre>
  <p>A run of the default branch reads the file; the schedule is listed here after that.</p>`;

function table(slug: string, schedules: readonly ListedSchedule[], now: number): Html {
  return html`<table class="rows">
    ${tableHead("Rule", "Next times (UTC)", ACTIONS)}
    <tbody>
      ${schedules.map(
        ({ position, cron, next_at }) =>
          html`<tr>
            <th scope="row"><code>${cron}</code></th>
            <td class="text">${times(cron, next_at, now)}</td>
            <td class="act">
              ${postButton(pagePaths.runSchedule(slug, position), "Run now", { label: `Run now: ${cron}` })}
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function times(cron: string, first: number | null, now: number): Html | string {
  if (first === null) return "Never: no day matches the rule.";
  const all = [first];
  while (all.length < TIMES) {
    const next = nextTime(cron, all.at(-1)!);
    if (next === null) break;
    all.push(next);
  }
  return html`${all.map((at, index) => html`${index > 0 ? ", " : ""}${agoTime(at, now)}`)}`;
}
