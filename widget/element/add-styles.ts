import type { CSSResult } from "lit";

/** Adds the styles of a part that was loaded later to the element's own. */
export function addStyles(root: ShadowRoot, ...styles: CSSResult[]): void {
  for (const { styleSheet } of styles) {
    if (styleSheet && !root.adoptedStyleSheets.includes(styleSheet)) {
      root.adoptedStyleSheets.push(styleSheet);
    }
  }
}
