import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { ListedBlock } from "../../../projects/blocks/registered-block.ts";
import { DEFERRED } from "../../command-line.ts";
import { copyable } from "../../copyable.ts";
import { agoTime } from "../../format.ts";
import type { Html } from "../../layout.ts";
import type { PageOf } from "../paging.ts";
import { olderLink } from "../shell.ts";
import { tableHead } from "../../table-head.ts";

export interface BlocksPage {
  slug: string;
  blocks: PageOf<ListedBlock>;
  /** The words of the search. */
  search: string;
  /** Whether the list continues another page. */
  isLater: boolean;
  /** Whether the reader may sign. */
  maySign: boolean;
  now: number;
}

/** The blocks that a project signed and that ran or were published, those that ran last first. */
export function blocksPage(page: BlocksPage): Html {
  const { slug, blocks, search, isLater, maySign, now } = page;
  const isEmpty = blocks.rows.length === 0 && search === "" && !isLater;
  return html`<h1>Blocks</h1>
    ${
      maySign
        ? html`<p class="actions">
            <a class="action" href="${pagePaths.sign(slug)}">Sign a block</a>
          </p>`
        : ""
    }
    ${
      isEmpty
        ? html`<p class="lead">No block of this project was published or has run yet.</p>
            <p>
              ${maySign ? "Sign one here, or from a terminal:" : "To sign one, from a terminal:"}
            </p>
            ${copyable("sign", `${DEFERRED} sign hello.rb --project ${slug}`)}`
        : html`<search>
              <form class="filter" action="${pagePaths.blocks(slug)}">
                <label for="q">Title, name or runtime</label>
                <input id="q" name="q" type="search" value="${search}" maxlength="200" />
                <button>Search</button>
              </form>
            </search>
            ${
              blocks.rows.length === 0
                ? html`<p class="lead">No block has all of these words.</p>`
                : table(slug, blocks.rows, now)
            }`
    }
    ${olderLink(blocks.older, search === "" ? {} : { q: search })}`;
}

function table(slug: string, blocks: readonly ListedBlock[], now: number): Html {
  return html`<table class="rows">
    ${tableHead("Block", "Page", "Runs", "Failed", "Last run")}
    <tbody>
      ${blocks.map(
        ({ id, title, runtime, name, counts, ...block }) =>
          html`<tr>
            <th scope="row" class="text">
              <a href="${pagePaths.ownBlock(slug, id)}">${title}</a>
              <small>${runtime}</small>
            </th>
            <td class="name">
              ${
                block.publishedAt !== null
                  ? html`<a href="${pagePaths.block(slug, id)}">${name ?? "public"}</a>`
                  : block.unpublishedAt === null
                    ? ""
                    : html`<span class="quiet">taken away</span>`
              }
            </td>
            <td class="figure">${counts.runs === 1 ? "1 run" : `${counts.runs} runs`}</td>
            <td class="figure">${counts.failures === 0 ? "" : `${failed(counts)} failed`}</td>
            <td class="when">
              ${counts.lastRunAt === null ? "never" : agoTime(counts.lastRunAt, now)}
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** The number of failures, and their share where it says more. */
export function failed({ runs, failures }: ListedBlock["counts"]): string {
  return runs < 10 ? `${failures}` : `${failures} (${Math.round((100 * failures) / runs)} %)`;
}
