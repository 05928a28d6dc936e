/** The element's script at an address that never changes its content. */
export interface PinnedScript {
  url: string;
  integrity: string;
}

/** A script tag that loads exactly this build, or nothing. */
export function pinnedTag({ url, integrity }: PinnedScript): string {
  return `<script type="module" crossorigin integrity="${integrity}" src="${url}"></script>`;
}
