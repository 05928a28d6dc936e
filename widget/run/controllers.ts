import type { LitElement } from "lit";
import type { View } from "../element/view.ts";
import { Announcer } from "./announcer.ts";
import { Clock } from "./clock.ts";
import { LongWait } from "./long-wait.ts";
import { ReadingPosition } from "./reading-position.ts";
import { WakingTurn } from "./waking-turn.ts";

/** What an element needs from the press on, beside the run itself. */
export interface RunControllers {
  announcer: Announcer;
  clock: Clock;
  position: ReadingPosition;
  turn: WakingTurn;
}

export function addControllers(
  host: LitElement,
  server: () => string,
  view: () => View,
): RunControllers {
  host.addController(new LongWait(host, view));
  return {
    position: new ReadingPosition(host),
    announcer: new Announcer(host),
    turn: new WakingTurn(host, server, view),
    clock: new Clock(host, view),
  };
}
