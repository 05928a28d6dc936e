import type { Churn } from "./churn.ts";
import { STYLE } from "./style.ts";
import { treemap } from "./treemap.ts";
import { count, fileRow, functionRow, METHOD, NO_CTAGS, several, summary } from "./words.ts";

const ROWS = 100;
const SHOWN = 120;
const WIDTH = 960;
const HEIGHT = 480;
/** Width of a letter of the style's size, about. */
const LETTER = 7.5;
/** Steps of colour, `heat-0` to `heat-4`. */
const STEPS = 5;

/** The report as one self-contained page, without scripts or network requests. */
export function asHtml(churn: Churn): string {
  const { files, functions } = churn;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Churn at ${escape(churn.commit.slice(0, 12))}</title>
<style>${STYLE}</style>
<main>
<h1>How often files and functions changed</h1>
<p>${escape(summary(churn))}</p>
${picture(churn)}
<h2>Files</h2>
${table(
  "Files that changed most",
  ["Commits", "Added", "Removed", "Lines", "Last changed", "File"],
  files.slice(0, ROWS).map(fileRow),
)}
${more(files.length)}
<h2>Functions</h2>
${
  functions === undefined || functions.length === 0
    ? `<p>${functions === undefined ? NO_CTAGS : "ctags found none that changed."}</p>`
    : table(
        "Functions that changed most",
        ["Commits", "Lines", "Last changed", "Function", "File"],
        functions.slice(0, ROWS).map(functionRow),
      ) + more(functions.length)
}
<h2>How it is counted</h2>
${METHOD.map((sentence) => `<p>${escape(sentence)}</p>`).join("\n")}
</main>
</html>
`;
}

function more(number: number): string {
  return number > ROWS
    ? `<p class="soft">And ${count(number - ROWS)} more, in churn.json.</p>`
    : "";
}

/** Figures first, then names in the columns that hold text. */
function table(caption: string, head: string[], rows: string[][]): string {
  const names = head.indexOf("Last changed");
  const cell = (text: string, column: number) =>
    column > names
      ? `<td><code>${escape(text)}</code></td>`
      : `<td class="figure">${escape(text)}</td>`;
  return `<div class="wide"><table>
<caption>${escape(caption)}</caption>
<tr>${head.map((text, column) => `<th scope="col"${column > names ? "" : ' class="figure"'}>${text}</th>`).join("")}</tr>
${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}
</table></div>`;
}

/** A treemap of files by size and changes: large and strong areas are where the work goes. */
function picture({ files }: Churn): string {
  const shown = files
    .filter((file) => file.lines > 0 && file.commits > 0)
    .sort((a, b) => b.commits * b.lines - a.commits * a.lines)
    .slice(0, SHOWN)
    .sort((a, b) => b.lines - a.lines);
  if (shown.length === 0) return "";
  const most = Math.max(...shown.map(({ commits }) => commits));
  const places = treemap(
    shown.map(({ lines }) => lines),
    { x: 0, y: 0, width: WIDTH, height: HEIGHT },
  );
  const parts = shown.map((file, index) => {
    const { x, y, width, height } = places[index]!;
    // By its logarithm: a few files always have most of the changes.
    const heat = Math.min(
      STEPS - 1,
      Math.floor((STEPS * Math.log1p(file.commits)) / Math.log1p(most)),
    );
    const facts = `${file.path}: ${several(file.commits, "commit")}, ${several(file.lines, "line")}`;
    const at = `x="${x.toFixed(1)}" y="${y.toFixed(1)}"`;
    const size = `width="${width.toFixed(1)}" height="${height.toFixed(1)}"`;
    return `<svg ${at} ${size} class="heat-${heat}"><title>${escape(facts)}</title><rect width="100%" height="100%"/>${label(file.path, width, height)}</svg>`;
  });
  return `<figure>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="The files below as areas: as large as they have lines, in a stronger colour the more commits changed them">
${parts.join("\n")}
</svg>
<figcaption>Each area is a file: as large as it has lines, in a stronger colour the more commits changed it. Large and strong is where the work went. ${key()}</figcaption>
</figure>`;
}

function label(path: string, width: number, height: number): string {
  const name = path.split("/").at(-1)!;
  const fits = height >= 20 && width >= 40;
  const text =
    name.length * LETTER + 8 > width
      ? `${name.slice(0, Math.max(1, Math.floor((width - 18) / LETTER)))}…`
      : name;
  return fits ? `<text x="5" y="15">${escape(text)}</text>` : "";
}

function key(): string {
  const steps = Array.from({ length: STEPS }, (_, step) => `<i class="heat-${step}"></i>`);
  return `<span class="key">few ${steps.join("")} many</span>`;
}

/** Escapes text and double-quoted attributes; control and bidi characters become visible. */
function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
