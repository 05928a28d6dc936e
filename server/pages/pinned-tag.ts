/** The element's script at an address whose content never changes. */
export interface PinnedScript {
  url: string;
  integrity: string;
}

/** A script tag that loads exactly this build, or nothing. */
export function pinnedTag({ url, integrity }: PinnedScript): string {
  return `<script type="module" crossorigin integrity="${integrity}" src="${url}"></script>`;
}
