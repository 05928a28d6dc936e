import { STATE_MARKS } from "../../protocol/state-marks.ts";
import type { Mark } from "./marks.ts";

const PATHS = {
  ...STATE_MARKS,
  refused: "M5 8V3.8M7.7 7V2.3M10.4 7V3M13 5v5a4 4 0 0 1-8 1L2.6 8.4",
};

export function pathOf(mark: Mark): string {
  return PATHS[mark];
}
