import { readFileSync } from "node:fs";

/**
 * Between systemd's users of homes and its dynamic users (61184 on), in a range that systemd's own
 * list of ids leaves unused.
 */
const FIRST = 61_000;
const COUNT = 184;

/** User ids that this host does not use, each given to one sandbox at a time. */
export class UidPool {
  readonly #known: ReadonlySet<number>;
  readonly #taken = new Set<number>();
  #next: number;

  /** `start` spreads the responders of one host over the range. */
  constructor(passwd = readFileSync("/etc/passwd", "utf8"), start = process.pid) {
    this.#known = new Set(passwd.split("\n").map((line) => Number(line.split(":")[2])));
    this.#next = start % COUNT;
  }

  take(): number {
    for (let tries = 0; tries < COUNT; tries++) {
      const uid = FIRST + this.#next;
      this.#next = (this.#next + 1) % COUNT;
      if (this.#known.has(uid) || this.#taken.has(uid)) continue;
      this.#taken.add(uid);
      return uid;
    }
    throw new RangeError("every user id for sandboxes is in use");
  }

  giveBack(uid: number): void {
    this.#taken.delete(uid);
  }
}
