import { html, nothing, type TemplateResult } from "lit";
import { mediaType, presentationOf, shownDocument } from "../../protocol/artifacts.ts";
import type { Artifact } from "../../protocol/run.ts";
import type { ShownClaims } from "../element/claims.ts";
import { webUrl } from "../element/web-url.ts";
import { canFrame, documentFrame } from "./document-frame.ts";
import type { Wording } from "./wording.ts";

export { fileStyles } from "./file-styles.ts";

export interface FilesOptions {
  artifacts: readonly Artifact[];
  /** The run that left them. */
  run: string | undefined;
  claims: ShownClaims;
  server: string;
  wording: Wording;
}

/** Pictures, documents, sound and films in place: they come first, as what the program is for. */
export function filesInPlace(options: FilesOptions): unknown {
  const { artifacts, run, claims, server } = options;
  const shown = artifacts.map((artifact) => {
    const presentation = presentationOf(artifact, claims.show);
    if (presentation === "picture") return picture(artifact, options);
    return presentation === "link" ? nothing : player(artifact, options);
  });
  const document = shownDocument(claims.show, artifacts);
  const frame =
    document && run !== undefined && canFrame(server)
      ? documentFrame(run, document, server)
      : nothing;
  return [frame, ...shown];
}

/** All other files as a line of links, each with its type and size. */
export function fileLinks(options: FilesOptions): unknown {
  const { artifacts, claims, wording } = options;
  const links = artifacts.filter((artifact) => presentationOf(artifact, claims.show) === "link");
  if (links.length === 0) return nothing;
  return html`<ul class="artifacts" part="artifacts" aria-label=${wording.run.files.name}>
    ${links.map((artifact) => html`<li>${fileLink(artifact, options)}</li>`)}
  </ul>`;
}

/**
 * Opens the first file of a run that ended: one that is shown in place scrolls into view, another opens in a tab while the
 * browser still counts the reader's press, else its link gets the focus.
 */
export function openFirst(root: ShadowRoot): void {
  const place = root.querySelector(".shown :is(figure, iframe, .table-box)");
  const link = root.querySelector<HTMLAnchorElement>(".shown a.file");
  if (place) place.scrollIntoView({ block: "nearest" });
  else if (navigator.userActivation?.isActive) link?.click();
  else link?.focus();
}

/** A picture at full width, over a link to its file. Scripts in an SVG never run in an `img`. */
function picture(artifact: Artifact, options: FilesOptions): TemplateResult {
  const href = webUrl(artifact.url, options.server);
  const drawn = mediaType(artifact) === "image/svg+xml" ? "drawn" : nothing;
  return html`<figure part="picture" class="loading">
    <img
      class=${drawn}
      src=${href}
      alt=${artifact.name}
      loading="lazy"
      @load=${loaded}
      @error=${loaded}
    />
    <figcaption>${fileLink(artifact, options)}</figcaption>
  </figure>`;
}

/** A picture is there, or can't be had. */
function loaded({ currentTarget }: Event): void {
  (currentTarget as Element).parentElement!.classList.remove("loading");
}

function player(artifact: Artifact, options: FilesOptions): TemplateResult {
  const href = webUrl(artifact.url, options.server);
  const { name } = artifact;
  return html`<figure>
    ${
      mediaType(artifact).startsWith("audio/")
        ? html`<audio controls preload="metadata" src=${href} aria-label=${name}></audio>`
        : html`<video controls preload="metadata" src=${href} aria-label=${name}></video>`
    }
    <figcaption>${fileLink(artifact, options)}</figcaption>
  </figure>`;
}

function fileLink(artifact: Artifact, { server, wording }: FilesOptions): TemplateResult {
  const { name, size, url } = artifact;
  return html`<a class="file" href=${webUrl(url, server)} target="_blank" rel="noopener noreferrer"
    ><bdi>${name}</bdi> <small>${typeName(artifact)} · ${wording.format.size(size)}</small></a
  >`;
}

/** A file's type in a word: its extension, else the second half of its media type. */
function typeName(artifact: Artifact): string {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(artifact.name)?.[1];
  return (extension ?? mediaType(artifact).replace(/^.*\/(?:x-)?/, "")).toUpperCase();
}
