/** Time a program has to clean up after TERM. */
const GRACE_MS = 250;

/**
 * Ends what runs in a sandbox: the only place that decides how. Limits of time `stop` it, so that it may
 * say what it had got to; memory that is used up, a cancel and a lost lease `kill` it.
 */
export interface Terminator {
  /** TERM to the program, then, unless it ended, KILL to everything. */
  stop(): void;
  /** KILL to everything, at once. */
  kill(): void;
  /** Once everything is dead. */
  done(): void;
}

export function terminator(
  /** The program itself; undefined where it can't be told. */
  program: () => number | undefined,
  killAll: () => void,
  graceMs = GRACE_MS,
): Terminator {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const kill = () => {
    if (!over) killAll();
  };
  return {
    stop() {
      if (over || timer) return;
      const pid = program();
      if (pid === undefined || !sendTerm(pid)) return kill();
      timer = setTimeout(kill, graceMs);
    },
    kill,
    done() {
      over = true;
      clearTimeout(timer);
    },
  };
}

function sendTerm(pid: number): boolean {
  try {
    return process.kill(pid, "SIGTERM");
  } catch {
    return false;
  }
}
