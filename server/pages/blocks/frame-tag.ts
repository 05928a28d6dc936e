import { escapeHtml } from "../../../protocol/escape-html.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** Least and most pixels that a frame is given before it says how high it is. */
const [LEAST, MOST] = [220, 640];
const LINE = 22;

/** The height that a frame needs before a press, about. */
export function frameHeight({ code, claims }: ClaimedBlock): number {
  const lines = code.split("\n").length + 3 * Object.keys(claims.inputs ?? {}).length;
  return Math.min(MOST, Math.max(LEAST, lines * LINE + 160));
}

/** The tag that puts the block into a page. The frame can open the block's page, and do nothing to the page around it. */
export function frameTag(
  block: ClaimedBlock,
  url: string,
  {
    width = "100%",
    height = frameHeight(block),
  }: { width?: number | string; height?: number } = {},
): string {
  const sandbox = "allow-scripts allow-same-origin allow-popups allow-downloads";
  return `<iframe src="${url}${block.path}/embed" title="${escapeHtml(block.title)}" width="${width}" height="${height}" style="border: 0" sandbox="${sandbox}" loading="lazy"></iframe>`;
}
