import type { Block } from "../element/block.ts";
import { Announcer } from "./announcer.ts";
import { Clock } from "./clock.ts";
import { ReadingPosition } from "./reading-position.ts";

/** What an element needs from the press on, beside the run itself. */
export interface RunControllers {
  announcer: Announcer;
  clock: Clock;
  position: ReadingPosition;
}

export function addControllers(block: Block): RunControllers {
  const { host } = block;
  return {
    position: new ReadingPosition(host),
    announcer: new Announcer(host),
    clock: new Clock(host, () => block.view),
  };
}
