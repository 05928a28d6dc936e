import { html } from "hono/html";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import type { Html } from "../layout.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import type { PageOf } from "./paging.ts";
import { runsTable } from "./runs-table.ts";
import { olderLink } from "./shell.ts";

export function runsPage(slug: string, { rows, older }: PageOf<ListedRun>, now: number): Html {
  return html`<h1>Runs</h1>
    ${
      rows.length === 0
        ? html`<p class="lead">Nothing has run yet. To run a command, from a terminal:</p>
            ${copyable("exec", `${DEFERRED} exec --project ${slug} -- ls -l`)}`
        : runsTable(slug, rows, now)
    }
    ${olderLink(older)}`;
}
