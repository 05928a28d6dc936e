import { css } from "lit";

/** The status line, and the box that opens for it. Colours and lines come from styles.ts. */
export const statusStyles = css`
  /* Out of the flow while it is closed: the margin of the author's last box collapses through the frame. */
  .opening:not(.open) {
    position: absolute;
  }
  .open {
    display: grid;
    border-top: 1px solid var(--dr-line);
    animation: open 150ms ease-out;
  }
  @keyframes open {
    from {
      grid-template-rows: 0fr;
    }
    to {
      grid-template-rows: 1fr;
    }
  }
  .result {
    min-width: 0;
    overflow: hidden;
  }
  .open > .result {
    padding-bottom: 10px;
  }
  .line {
    align-items: baseline;
    padding: 0;
    border: 0;
  }
  .open .line {
    padding: 10px 16px 0;
  }
  .status {
    min-width: 0;
  }
  .note {
    display: block;
    font-size: 0.9em;
    color: var(--dr-soft);
  }
  .elapsed {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    color: var(--dr-soft);
  }
  .stop {
    flex: none;
    min-height: 28px;
    font-size: 0.9em;
  }
  @media (prefers-reduced-motion: reduce) {
    .open {
      animation: none;
    }
  }
`;
