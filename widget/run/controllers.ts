import type { Block } from "../element/block.ts";
import { Announcer } from "./announcer.ts";
import { Clock } from "./clock.ts";
import { LongWait } from "./long-wait.ts";
import { ReadingPosition } from "./reading-position.ts";
import { WakingTurn } from "./waking-turn.ts";

/** What an element needs from the press on, beside the run itself. */
export interface RunControllers {
  announcer: Announcer;
  wait: LongWait;
  clock: Clock;
  position: ReadingPosition;
  turn: WakingTurn;
}

export function addControllers(block: Block): RunControllers {
  const { host } = block;
  const view = () => block.view;
  const wait = new LongWait(host, view);
  host.addController(wait);
  return {
    wait,
    position: new ReadingPosition(host),
    announcer: new Announcer(host),
    turn: new WakingTurn(host, () => block.server, view),
    clock: new Clock(host, view),
  };
}
