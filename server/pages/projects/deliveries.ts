import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import {
  isFound,
  type Delivery,
  type DeliveryView,
  type RefusedDeliveries,
} from "../../../protocol/deliveries.ts";
import { postButton } from "../form/post-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import type { PageOf } from "./paging.ts";
import type { May } from "./project-tabs.ts";
import { olderLink } from "./shell.ts";
import { stateIcon } from "./marks.ts";
import { tableHead } from "../table-head.ts";

const PROVIDERS = { github: "GitHub", gitlab: "GitLab", generic: "a signed hook" };
const OUTCOMES = {
  run: "Made a run",
  duplicate: "Repeated",
  held: "Waits for approval",
  ignored: "Nothing to do",
};

export function deliveriesPage(
  slug: string,
  { rows, older }: PageOf<Delivery>,
  refused: readonly RefusedDeliveries[],
  { replayed, may, now }: { replayed: ReadonlySet<string>; may: May; now: number },
): Html {
  const waits = ({ id, outcome }: Delivery) => outcome === "held" && !replayed.has(id);
  return html`<h1>Deliveries</h1>
    <p class="lead">Every webhook with a valid signature, and its outcome.</p>
    ${refused.map((one) => refusedNote(slug, one, now))}
    ${
      rows.length === 0
        ? html`<p>
            No deliveries yet. <a href="${pagePaths.webhook(slug)}">Set the webhook</a> where the
            repository is.
          </p>`
        : html`<table class="rows">
            ${tableHead("Event", "Outcome", "Why", "Run", "When")}
            <tbody>
              ${rows.map(
                (delivery) =>
                  html`<tr>
                    <th scope="row">
                      <a href="${pagePaths.delivery(slug, delivery.id)}">${delivery.event}</a>
                      <small> ${originOf(delivery)} </small>
                    </th>
                    <td>${replayed.has(delivery.id) ? "Replayed" : OUTCOMES[delivery.outcome]}</td>
                    <td class="text">
                      ${delivery.detail} ${waits(delivery) ? heldActions(slug, delivery, may) : ""}
                    </td>
                    <td>
                      ${
                        delivery.run
                          ? html`<a href="${pagePaths.run(slug, delivery.run)}">Run</a>`
                          : ""
                      }
                    </td>
                    <td class="when">${agoTime(Date.parse(delivery.received_at), now)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    ${olderLink(older)}`;
}

/** The reader's actions on a pull request that waits for approval. */
function heldActions(slug: string, { id, detail }: Delivery, may: May): Html | "" {
  if (!may("run")) return "";
  return html`<div class="buttons">
    ${
      may("admin")
        ? postButton(pagePaths.approveDelivery(slug, id), "Approve", {
            primary: true,
            label: `Approve: ${detail}`,
          })
        : ""
    }
    ${postButton(pagePaths.replayDelivery(slug, id), "Run once", { label: `Run once: ${detail}` })}
  </div>`;
}

function originOf(delivery: Delivery): string {
  if (delivery.replay_of !== null) return "replayed";
  if (isFound(delivery)) return "found on the repository; no delivery came";
  return `from ${PROVIDERS[delivery.provider]}`;
}

/** A wrong secret is the commonest mistake, and shows nowhere else. */
function refusedNote(
  slug: string,
  { provider, code, count, last_at }: RefusedDeliveries,
  now: number,
): Html {
  const what = count === 1 ? "1 call" : `${count} calls`;
  const why =
    code === "hook_signature_missing"
      ? "without a signature. Enter the secret there."
      : "with a signature of another secret. Enter this project’s there.";
  return html`<div class="status failed">
    ${stateIcon("failed")}
    <div>
      <p>
        <strong
          >${what} from ${PROVIDERS[provider]} ${count === 1 ? "was" : "were"} refused.</strong
        >
        <span class="note">The last came ${agoTime(Date.parse(last_at), now)}, ${why}</span>
      </p>
      <p class="alone"><a href="${pagePaths.webhook(slug)}">The webhook’s address and secret</a></p>
    </div>
  </div>`;
}

interface OneDelivery {
  signedIn: boolean;
  isReplayed: boolean;
  may: May;
  now: number;
}

/** One delivery. Its owner also sees the payload, which may hold private data even of a public project. */
export function deliveryPage(
  slug: string,
  delivery: DeliveryView,
  { signedIn, isReplayed, may, now }: OneDelivery,
): Html {
  return html`<h1 class="title">${delivery.event} <small>${originOf(delivery)}</small></h1>
    <p class="lead">${delivery.detail}</p>
    <dl class="facts">
      <div>
        <dt>Received</dt>
        <dd>${agoTime(Date.parse(delivery.received_at), now)}</dd>
      </div>
      ${
        delivery.delivery_id
          ? html`<div>
              <dt>Sender’s id</dt>
              <dd><code>${delivery.delivery_id}</code></dd>
            </div>`
          : ""
      }
      ${
        delivery.run
          ? html`<div>
              <dt>Run</dt>
              <dd><a href="${pagePaths.run(slug, delivery.run)}">${delivery.run}</a></dd>
            </div>`
          : ""
      }
      ${
        delivery.replay_of
          ? html`<div>
              <dt>Replay of</dt>
              <dd>
                <a href="${pagePaths.delivery(slug, delivery.replay_of)}">an earlier delivery</a>
              </dd>
            </div>`
          : ""
      }
    </dl>
    ${actions(slug, delivery, isReplayed, may)} ${signedIn ? asItCame(delivery) : ""}`;
}

function actions(slug: string, delivery: Delivery, isReplayed: boolean, may: May): Html | "" {
  if (!may("run")) return "";
  if (delivery.outcome === "held" && !isReplayed) {
    return html`${heldActions(slug, delivery, may)}
      <p class="help">
        Look at what the pull request changes first: its code runs on your machines.
        ${may("admin") ? "Approve also lets its author’s later pull requests run." : ""}
      </p>`;
  }
  return html`<div class="buttons">
    ${postButton(pagePaths.replayDelivery(slug, delivery.id), "Replay")}
    <span class="quiet">The project’s present settings decide on it again.</span>
  </div>`;
}

function asItCame({ headers, body }: DeliveryView): Html {
  const lines = Object.entries(headers);
  return html`<section aria-labelledby="headers">
      <h2 id="headers">Headers</h2>
      <table>
        <tbody>
          ${lines.map(
            ([name, value]) =>
              html`<tr>
                <th scope="row"><code>${name}</code></th>
                <td><code>${value}</code></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </section>
    <section aria-labelledby="payload">
      <h2 id="payload">Payload</h2>
      <pre class="payload" tabindex="0">${pretty(body)}</pre>
    </section>`;
}

/** Formats JSON, also from a form field; returns any other body unchanged. */
function pretty(body: string): string {
  const text = body.startsWith("payload=")
    ? (new URLSearchParams(body).get("payload") ?? "")
    : body;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return body;
  }
}
