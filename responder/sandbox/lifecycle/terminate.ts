/** Time a program has to clean up after TERM. */
const GRACE_MS = 250;

/**
 * Ends the processes of a sandbox. Time limits `stop` them, so that a program can report its progress; the memory
 * limit, a cancel and a lost lease `kill` them.
 */
export interface ProcessTerminator {
  /** TERM to the program, then, unless it ended, KILL to everything. */
  stop(): void;
  /** KILL to everything. */
  kill(): void;
  /** Call it after everything is dead. */
  done(): void;
}

export function terminator(
  /** The program itself; undefined where it can't be told. */
  program: () => number | undefined,
  killAll: () => void,
  graceMs = GRACE_MS,
): ProcessTerminator {
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
