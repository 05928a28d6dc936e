import { html } from "hono/html";
import { claimedTime } from "../../../blocks/claimed-time.ts";
import { effectiveLimits, type EffectiveLimits } from "../../../protocol/limits.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { duration, fileSize } from "../../../protocol/words.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import type { LastShown } from "./last-shown.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** Who signed a block, what it may use, and the receipt of its last result. */
export function blockFacts(
  block: ClaimedBlock,
  last: LastShown | undefined,
  now: number,
  /** More facts, for the project's people. */
  more: readonly Html[] = [],
): Html {
  const { claims, kid, parts, source } = block;
  const files = Object.entries(claims.files ?? {});
  const before = claims.after?.length ?? 0;
  return html`<dl class="facts">
    ${fact(
      "Signed by",
      html`${claims.iss}, with the key <code>${kid}</code>, ${agoTime(claimedTime(claims.iat), now)}`,
    )}
    ${
      source
        ? fact(
            "Gist",
            source.url ? html`<a href="${source.url}">${source.text}</a>` : html`${source.text}`,
          )
        : ""
    }
    ${
      claims.exp === undefined
        ? ""
        : fact(
            "Valid until",
            html`${new Date(claimedTime(claims.exp)).toISOString().replace(/T.*/, "")}`,
          )
    }
    ${fact("Runtime", html`${claims.runtime}`)}
    ${fact("May use", html`${limitWords(effectiveLimits(claims.limits))}`)}
    ${fact("Network", html`${networkWords(claims.limits?.network)}`)}
    ${
      files.length === 0
        ? ""
        : fact(
            "Files",
            html`${files.map(([path, { size }]) => `${path} (${fileSize(size)})`).join(", ")}`,
          )
    }
    ${
      before === 0
        ? ""
        : fact(
            "Builds on",
            html`<details>
              <summary>${before === 1 ? "one other block" : `${before} other blocks`}</summary>
              ${(parts.before ?? []).map((code) => html`<pre tabindex="0">${code}</pre>`)}
            </details>`,
          )
    }
    ${claims.setup === undefined ? "" : fact("Set-up", html`code that runs first and is not shown`)}
    ${claims.edit ? fact("Readers", html`may change the code`) : ""}
    ${
      claims.cache_s === undefined
        ? ""
        : fact("Results", html`answer later readers for ${duration(claims.cache_s)}`)
    }
    ${
      last
        ? fact(
            "Last result",
            html`${agoTime(last.endedAt, now)}:
              <a href="${pagePaths.blockRun(last.run)}">its run</a>, with the server’s receipt`,
          )
        : ""
    }
    ${more}
  </dl>`;
}

export function fact(name: string, value: Html): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function limitWords(limits: EffectiveLimits): string {
  return [
    `${duration(limits.wall_s)} in all`,
    `${duration(limits.cpu_s)} of processor time`,
    `${limits.memory_mb} MiB of memory`,
    `${limits.processes} processes`,
    `${limits.output_kb} KiB of output`,
    `${limits.artifacts_mb} MiB of files`,
  ].join(", ");
}

function networkWords(network: boolean | readonly string[] | undefined): string {
  if (!network) return "none";
  return network === true ? "any public address" : network.join(", ");
}
