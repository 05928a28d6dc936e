import type { Holding } from "../../protocol/responder.ts";

/** Machines that are remembered; the others' calls read the database. */
const MACHINES = 1000;

interface Known {
  /** Claims with lower numbers have ended. */
  from: number;
  /** Claims that have assigned something: a repeat of one gets the same answer. */
  answered: Set<number>;
  /** Assigned attempts that the machine has not named yet, with the number of their claim. */
  unheard: Map<string, number>;
}

const nameOf = ({ run, attempt }: { run: string; attempt: number }) => `${run} ${attempt}`;

/** What this process knows of each registration's claims: it saves most calls several statements. */
export type ClaimLedger = ReturnType<typeof createClaimLedger>;

export function createClaimLedger() {
  const machines = new Map<string, Known>();

  /** All claims with lower numbers have ended, and what they assigned is heard of. */
  function end(known: Known, from: number): void {
    known.from = Math.max(known.from, from);
    for (const number of known.answered) if (number < from) known.answered.delete(number);
    for (const [name, number] of known.unheard) if (number < from) known.unheard.delete(name);
  }

  return {
    /** The database was brought in line with what the machine holds. */
    settled(tokenHash: string, { claims_from: from }: Holding): void {
      const known = machines.get(tokenHash) ?? { from, answered: new Set(), unheard: new Map() };
      end(known, from);
      machines.delete(tokenHash);
      machines.set(tokenHash, known);
      const [oldest] = machines.keys();
      if (machines.size > MACHINES && oldest !== undefined) machines.delete(oldest);
    },

    /** Whether the machine has heard of everything that its ended claims assigned, so that nothing is to be done. */
    hasHeard(tokenHash: string, { claims_from: from, runs }: Holding): boolean {
      const known = machines.get(tokenHash);
      if (!known) return false;
      const named = new Set(runs.map(nameOf));
      for (const [name, number] of known.unheard) {
        if (number < from && !named.has(name)) return false;
      }
      end(known, from);
      return true;
    },

    /** Whether a claim is `over` (an ended one that came late), `new`, or may be a `repeat`. */
    look(tokenHash: string, number: number): "over" | "new" | "repeat" {
      const known = machines.get(tokenHash);
      if (!known) return "repeat";
      if (number < known.from) return "over";
      return known.answered.has(number) ? "repeat" : "new";
    },

    /** A claim has assigned these attempts. Called in its transaction: the next one may be its repeat's. */
    assigned(tokenHash: string, number: number, runs: readonly { id: string; attempt: number }[]) {
      const known = machines.get(tokenHash);
      if (!known || runs.length === 0) return;
      known.answered.add(number);
      for (const { id: run, attempt } of runs) known.unheard.set(nameOf({ run, attempt }), number);
    },
  };
}
