import { css } from "lit";

/** The status line, and the box that opens for it. Colours and lines come from styles.ts. */
export const statusStyles = css`
  .opening {
    display: grid;
    grid-template-rows: 0fr;
    transition: grid-template-rows 150ms ease-out;
  }
  .open {
    grid-template-rows: 1fr;
    border-top: 1px solid var(--line);
  }
  .result {
    min-width: 0;
    overflow: hidden;
  }
  .open > .result {
    padding-bottom: 10px;
  }
  .line {
    display: flex;
    gap: 10px;
    align-items: baseline;
  }
  .open .line {
    padding: 10px 16px 0;
  }
  .status {
    flex: 1;
    min-width: 0;
  }
  .note {
    display: block;
    font-size: 0.9em;
    color: var(--soft);
  }
  .elapsed {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    color: var(--soft);
  }
  .stop {
    flex: none;
    min-height: 28px;
    font-size: 0.9em;
  }
  .mark {
    flex: none;
    align-self: start;
    width: 16px;
    height: 1lh;
    overflow: visible;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .succeeded {
    color: var(--good);
  }
  .failed,
  .timed_out,
  .killed,
  .errored,
  .refused {
    color: var(--bad);
  }
  .waking,
  .retrying,
  .running {
    color: var(--busy);
  }
  .waking path {
    transform-origin: 8px 8px;
    animation: turn 1.2s linear infinite;
  }
  .track {
    opacity: 0.3;
  }
  .running path:last-child {
    stroke-dasharray: 5 30;
    animation: slide 1.4s ease-in-out infinite alternate;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  @keyframes slide {
    to {
      stroke-dashoffset: -8;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .opening {
      transition: none;
    }
    .mark path {
      animation: none !important;
    }
  }
`;
