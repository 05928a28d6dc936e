import { html } from "hono/html";
import { plainOutput } from "../../../protocol/terminal-pieces.ts";
import { withoutControls } from "../../../protocol/terminal-text.ts";
import type { RunRow } from "../../runs/record.ts";
import type { Runs } from "../../runs/runs.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { keepNewest } from "./keep-newest.ts";

/** Most characters of the last output that a page shows before a press. */
const MAX_CHARACTERS = 16_000;
/** Most characters that are read for them: progress bars write one line many times. */
const MAX_READ = 256 * 1024;
/** Results kept in memory, of up to 32 kB each. */
const MAX_KEPT = 64;

/** The last result of a block, as its page shows it before a press. */
export interface LastShown {
  run: string;
  endedAt: number;
  resultUrl: string;
  /** Plain text, its beginning where it is long. */
  output: string;
  /** The first picture that it left. */
  picture: { url: string; name: string } | undefined;
}

export type FindLastShown = (token: string) => Promise<LastShown | undefined>;

/** Finds the last success of a block with its default inputs. Starts nothing. Each result is read from storage once. */
export function createFindLastShown({
  lastResults,
  resultUrl,
}: Pick<Runs, "lastResults" | "resultUrl">): FindLastShown {
  const kept = keepNewest<LastShown | undefined>(MAX_KEPT);
  return async function findLastShown(token) {
    const row = await lastResults.find(token);
    return row && kept(row.id, () => read(row));
  };

  async function read(row: RunRow): Promise<LastShown | undefined> {
    const result = await lastResults.read(row);
    if (!result) return undefined;
    const picture = result.artifacts.find(({ type }) => /^image\/(png|jpeg|gif|webp)/.test(type));
    const text = withoutControls(plainOutput((result.stdout + result.stderr).slice(0, MAX_READ)));
    const shown = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
    return {
      run: row.id,
      endedAt: row.ended_at!,
      resultUrl: await resultUrl(row.id),
      // A copy: a part of a string keeps the whole of it in memory.
      output: Buffer.from(shown).toString(),
      picture: picture && { url: picture.url, name: picture.name },
    };
  }
}

/** The section of a page that shows it. The element labels output in itself as the author's, which this is not. */
export function lastOutput({ endedAt, output, picture }: LastShown, now: number): Html {
  return html`<h2 id="last">Last output</h2>
    <p class="quiet">Printed ${agoTime(endedAt, now)} with the default inputs.</p>
    ${picture ? html`<p><img src="${picture.url}" alt="${picture.name}" /></p>` : ""}
    ${output.trim() === "" ? "" : html`<pre class="last" tabindex="0">${output}</pre>`}`;
}
