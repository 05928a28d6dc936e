import { html } from "hono/html";
import { budgetWords } from "../../../protocol/machine-words.ts";
import type { MachineBudget } from "../../../protocol/machines.ts";
import type { Html } from "../layout.ts";

/** Today's machine-hours as a bar, where there is a limit. */
export function budgetBar(budget: MachineBudget): Html {
  const { used_hours: used, limit_hours: limit } = budget;
  const words = budgetWords(budget);
  if (limit === null) return html`<p>${words}.</p>`;
  return html`<p class="budget">
    <meter min="0" max="${Math.max(limit, 0.001)}" high="${limit * 0.8}" value="${used}">
      ${words}
    </meter>
    <span>${words}. It begins anew at midnight UTC.</span>
  </p>`;
}
