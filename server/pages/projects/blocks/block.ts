import { html, raw } from "hono/html";
import { languageOf, openTag } from "../../../../blocks/embed-tag.ts";
import type { ApiError } from "../../../../protocol/deferred-error.ts";
import { ERRORS } from "../../../../protocol/errors.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { KeyView } from "../../../../protocol/requests.ts";
import { duration } from "../../../../protocol/words.ts";
import type { RunOfBlock } from "../../../commands/reading/block-runs.ts";
import type { RegisteredBlock } from "../../../projects/blocks/registered-block.ts";
import { blockFacts, fact } from "../../blocks/facts.ts";
import { claimedBlock, type ClaimedBlock } from "../../blocks/shown-block.ts";
import { DEFERRED } from "../../command-line.ts";
import { copyable } from "../../copyable.ts";
import { agoTime } from "../../format.ts";
import type { FormState } from "../../form/mistakes.ts";
import { generatorTabs } from "../../generator-tabs.ts";
import { highlight } from "../../highlight.ts";
import type { Html } from "../../layout.ts";
import { tabs } from "../../tab-list.ts";
import { stateIcon, stateLabel } from "../marks.ts";
import { blockActions } from "./actions.ts";
import { failed } from "./list.ts";
import { tableHead } from "../../table-head.ts";

export interface OwnBlockPage {
  block: RegisteredBlock;
  /** The key that signed it. */
  key: KeyView | undefined;
  /** Why readers can't run it. */
  refusal: ApiError | undefined;
  runs: readonly RunOfBlock[];
  /** When the stored result for its default inputs was made. */
  storedAt: number | undefined;
  /** Whether the reader may publish, revoke and sign. */
  mayChange: boolean;
  /** Of the form that publishes. */
  state: FormState;
  /** The server's public URL. */
  url: string;
  now: number;
}

/** A block for its project's people. */
export function ownBlockPage(page: OwnBlockPage): Html {
  const { block, refusal, runs, mayChange, url, now } = page;
  const path = pagePaths.block(block.project, block.id);
  const { token, code, parts, project, publishedAt } = block;
  const published = publishedAt === null ? {} : { publishedAt };
  const shown = claimedBlock({
    token,
    code,
    parts,
    project,
    path,
    name: block.title,
    ...published,
  });
  return html`<h1 class="title">${block.title}</h1>
    ${refusal ? refused(refusal) : ""} ${program(shown, refusal)} ${counts(page, shown)}
    ${mayChange ? blockActions(page) : ""}
    <h2 id="embed">Use it</h2>
    ${uses(shown, url)}
    <h2 id="runs">Last runs</h2>
    ${runs.length === 0 ? html`<p class="quiet">It has not run, or its runs were removed.</p>` : runsTable(runs, now)}
    <h2 id="about">About this block</h2>
    ${blockFacts(shown, undefined, now, signature(page, shown))}`;
}

/** Whether a request of this page has everything: the server adds code that comes before to published blocks alone. */
function isWhole({ claims, publishedAt }: ClaimedBlock): boolean {
  return publishedAt !== undefined || claims.after === undefined;
}

function refused({ code, detail }: ApiError): Html {
  return html`<div class="status failed">
    ${stateIcon("failed")}
    <div>
      <p><strong>Readers can’t run it. ${ERRORS[code][1]}</strong></p>
      ${detail === undefined ? "" : html`<p>${detail}</p>`}
    </div>
  </div>`;
}

function program(shown: ClaimedBlock, refusal: ApiError | undefined): Html {
  const { token, code, claims, parts, title } = shown;
  const runs = refusal === undefined && isWhole(shown);
  const language = languageOf(claims.runtime);
  const text = html`<pre
    tabindex="0"
    translate="no"
  ><code class="language-${language}">${raw(highlight(code.replace(/\n$/, ""), language))}</code></pre>`;
  if (!runs && refusal === undefined) {
    return html`${text}
      <p class="quiet">
        It builds on other code, which only a published block brings along: publish it to run it
        here.
      </p>`;
  }
  if (!runs) return text;
  const { attributes } = openTag({ block: token, files: parts.files, setup: parts.setup });
  const rest = Object.entries(attributes).filter(([name]) => name !== "block");
  return html`<deferred-runner
    block="${token}"
    label="${title}"
    ${rest.map(([name, value]) => html` ${raw(name)}="${value}"`)}
  >
    ${text}
  </deferred-runner>`;
}

function counts({ block, storedAt, now }: OwnBlockPage, { claims }: ClaimedBlock): Html {
  const { counts, publishedAt, project, id } = block;
  const { cache_s: cacheS } = claims;
  return html`<dl class="facts">
    ${fact("Runs", html`${counts.runs}${counts.failures > 0 ? html`, ${failed(counts)} failed` : ""}`)}
    ${fact(
      "Readers",
      html`${counts.readers} asked for a
      run${cacheS === undefined ? "" : "; stored answers are not counted"}`,
    )}
    ${
      cacheS === undefined
        ? ""
        : fact(
            "Stored result",
            storedAt === undefined
              ? html`none with the default inputs`
              : html`${agoTime(storedAt, now)}, answers until it is ${duration(cacheS)} old`,
          )
    }
    ${
      publishedAt === null
        ? ""
        : fact(
            "Public page",
            html`<a href="${pagePaths.block(project, id)}">${pagePaths.block(project, id)}</a>`,
          )
    }
    ${
      publishedAt === null || block.name === null
        ? ""
        : fact(
            "Published as",
            html`<a href="${pagePaths.block(project, block.name)}">${block.name}</a>`,
          )
    }
  </dl>`;
}

/** Facts of the signature, for the project's people alone. */
function signature({ block, key }: OwnBlockPage, { claims }: ClaimedBlock): Html[] {
  const revoked = key?.revoked_at ? `, revoked ${key.revoked_at.slice(0, 10)}` : "";
  const made =
    key && `${key.label ?? "without a label"}, of ${key.created_at.slice(0, 10)}${revoked}`;
  return [
    ...(made ? [fact("Key", html`${made}`)] : []),
    fact("Origins", html`${claims.origins?.join(", ") ?? "pages of any site may send it"}`),
    fact("Id", html`<code>${block.id}</code>`),
    fact("jti", html`<code>${claims.jti}</code>`),
  ];
}

function runsTable(runs: readonly RunOfBlock[], now: number): Html {
  return html`<table class="rows">
    ${tableHead("State", "Run", "Took", "When")}
    <tbody>
      ${runs.map(
        ({ id, state, ran_s, created_at }) =>
          html`<tr>
            <td>${stateLabel(state)}</td>
            <th scope="row">
              <a href="${pagePaths.blockRun(id)}"><code>${id.slice(0, 8)}</code></a>
            </th>
            <td class="figure">${ran_s === undefined ? "" : duration(ran_s)}</td>
            <td class="when">${agoTime(created_at, now)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function uses({ token, code, claims, parts }: ClaimedBlock, url: string): Html {
  const { files, setup } = parts;
  const tag = { block: token, code, runtime: claims.runtime, files, setup };
  const body = JSON.stringify({ block: token, code, ...parts });
  const onPage = claims.after
    ? html`<p>The code it builds on has to be on the page too, as blocks of its own.</p>`
    : "";
  return html`${onPage}
    ${tabs("Site generators", generatorTabs({ ...tag, scriptUrl: `${url}/deferred-runner.js` }))}
    <h3>From a program</h3>
    <p>The body of a request for a run. The answer says where the result will be.</p>
    ${copyable("json", body, "Copy the JSON")}
    <p>The same from a terminal, which prints the output as it comes:</p>
    ${copyable(
      "curl",
      `curl -N -H 'Accept: text/plain' --json @- ${url}/v1/runs <<'END'\n${body}\nEND`,
      "Copy the curl command",
    )}
    <h3>Sign it again</h3>
    <p>From a terminal, with what you changed:</p>
    ${copyable("again", `${DEFERRED} sign FILE --project ${claims.iss} --runtime ${claims.runtime}`)}
    ${(claims.files ?? claims.after ?? claims.setup) ? "" : inGist(token)}`;
}

/** A block of a gist stands alone, with its signature in a file beside it. */
function inGist(token: string): Html {
  return html`<h3>In a gist</h3>
    <p>
      Save the token beside the program, as <code>FILE.block</code>, and add both files to one gist.
    </p>
    ${copyable("token", token, "Copy the token")}`;
}
