import { addStyles } from "../element/add-styles.ts";
import { lazyPart } from "../element/lazy-part.ts";
import type { Shown, View } from "../element/view.ts";
import { webUrl } from "../element/web-url.ts";
import type { OtherOptions } from "./result-options.ts";
import type { ResultTools } from "./result-tools.ts";
import { whenLoaded } from "./when-loaded.ts";

const filesPart = whenLoaded(lazyPart(() => import("./files.ts")));
const tablePart = whenLoaded(lazyPart(() => import("./show-table.ts")));

/** The files of an ended run, and the function that opens the first. */
export function filesOf(
  { earlier, stored, run }: View,
  { ending }: Shown,
  { claims, server, wording }: OtherOptions,
  { root, update }: ResultTools,
) {
  const { artifacts = [] } = ending ?? {};
  const part = artifacts.length > 0 ? filesPart(update) : undefined;
  if (!part) return undefined;
  addStyles(root, part.fileStyles);
  const options = {
    ...{ artifacts, claims, server, wording },
    run: earlier ? stored?.id : run?.id,
  };
  return {
    inPlace: part.filesInPlace(options),
    links: part.fileLinks(options),
    openFirst: () => part.openFirst(root),
  };
}

export interface FoundTable {
  from: "output" | "file";
  content: HTMLElement | "no table" | undefined;
}

/** The table that the block's `show` promises, once the run ended. */
export function tableOf(
  { ending, output }: Shown,
  { claims, server, wording }: OtherOptions,
  tools: ResultTools,
): FoundTable | undefined {
  if (claims.show !== "table" || !ending) return undefined;
  const part = tablePart(tools.update);
  const file = part?.shownTable(ending.artifacts);
  if (!file && output.parts.length === 0) return undefined;
  if (part) addStyles(tools.root, part.tableStyles);
  const words = {
    label: file?.name ?? wording.run.output.name,
    showAll: wording.run.output.allRows,
    offPaper: wording.run.output.rowsOffPaper,
  };
  const content = part?.showTable(
    file ? part.fileSource(file, webUrl(file.url, server)) : output.parts,
    words,
    tools.update,
  );
  return { from: file ? "file" : "output", content };
}
