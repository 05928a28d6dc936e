import type { ShownAs } from "./claims.ts";
import type { Artifact } from "./run.ts";

/** Pictures that browsers draw in an `img`, where scripts in an SVG never run. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|svg\+xml)$/;

/** Most bytes of a document in a frame: the server passes it on. Larger ones are links. */
const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;

/** The type of an artifact, without its parameters. */
export function mediaType({ type }: Artifact): string {
  return type.replace(/;.*/, "").trim().toLowerCase();
}

/** The artifact that a block with that `show` leaves as its document, for a frame. */
export function shownDocument(
  show: ShownAs | undefined,
  artifacts: readonly Artifact[],
): Artifact | undefined {
  const type = show === "html" ? "text/html" : show === "pdf" ? "application/pdf" : undefined;
  const found = artifacts.find((artifact) => mediaType(artifact) === type);
  return found && found.size <= MAX_DOCUMENT_BYTES ? found : undefined;
}

/** How a page shows a file: pictures, sound and films in place, all others as links. */
export function presentationOf(
  artifact: Artifact,
  show: ShownAs | undefined,
): "picture" | "audio" | "video" | "link" {
  if (show === "text") return "link";
  const type = mediaType(artifact);
  if (PICTURE.test(type)) return "picture";
  const [kind] = type.split("/");
  return kind === "audio" || kind === "video" ? kind : "link";
}
