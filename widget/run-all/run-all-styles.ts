import { css } from "lit";

export const runAllStyles = css`
  .bar {
    align-items: center;
    padding: 0;
  }
  .status {
    overflow-wrap: anywhere;
  }
`;
