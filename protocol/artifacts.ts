import type { ShownAs } from "./claims.ts";
import type { Artifact } from "./run.ts";

export type { Artifact };

/** Pictures that browsers draw in an `img`, where scripts in an SVG never run. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|svg\+xml)$/;

/** Most bytes of a document in a frame: the server passes it on. Larger ones are links. */
export const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;

/** The type of an artifact, without its parameters. */
export function mediaType({ type }: Artifact): string {
  return type.replace(/;.*/, "").trim().toLowerCase();
}

export function isPicture(artifact: Artifact): boolean {
  return PICTURE.test(mediaType(artifact));
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

/** The artifact that a block with `show` table leaves as its table. */
export function shownTable(artifacts: readonly Artifact[]): Artifact | undefined {
  return artifacts.find((artifact) =>
    /^(?:text\/csv|application\/json)$/.test(mediaType(artifact)),
  );
}
