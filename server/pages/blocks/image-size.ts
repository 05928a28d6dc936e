/** Pixels of a block's picture, as networks show it beside a link. */
export const IMAGE_SIZE = { width: 1200, height: 630 } as const;
