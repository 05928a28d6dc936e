/** A whole control sequence (CSI; OSC, DCS, SOS, PM or APC up to its end; two characters), or a control character. */
const CONTROLS =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?$/;

/** Keeps the sequences that `kept` matches; tabs and line ends stay too. */
export function removeControls(text: string, kept?: RegExp): string {
  return text.replace(CONTROLS, (found) => (kept?.test(found) ? found : ""));
}

/**
 * The same for text in pieces. An incomplete sequence is returned as `pending`: put it before the next
 * piece. A sequence longer than `longest` characters is given up.
 */
export function filterPiece(text: string, kept: RegExp, longest: number) {
  const open = UNFINISHED.exec(text)?.[0] ?? "";
  return {
    clean: removeControls(text.slice(0, text.length - open.length), kept),
    pending: open.length > longest ? "" : open,
  };
}
