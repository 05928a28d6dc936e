import { css } from "lit";

/** The marks before the status. Colours come from styles.ts. */
export const markStyles = css`
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
    color: var(--dr-good);
  }
  .running {
    color: var(--dr-busy);
  }
  .track {
    opacity: 0.3;
  }
  .running path:last-child {
    stroke-dasharray: 5 30;
    animation: slide 1.4s ease-in-out infinite alternate;
  }
  @keyframes slide {
    to {
      stroke-dashoffset: -8;
    }
  }
`;
