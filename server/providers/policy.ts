/** Limits on the number and the lifetime of a provider's machines. */
export interface FleetPolicy {
  /** Milliseconds without work after which a machine is stopped. */
  idleMs: number;
  /** Machines of one pool alive at one time, and machines kept for it. */
  maxMachines: number;
  /** Machines alive at one time, all pools together. */
  maxInAll: number;
  /** Milliseconds within which a launch has to register or make progress. */
  bootMs: number;
  /** Milliseconds within which it has to register, even with progress. */
  bootMostMs: number;
  /** Milliseconds without a call after which a machine counts as dead. */
  silentMs: number;
  /** Stopped machines that an active pool keeps in reserve, within `maxMachines`. */
  spare: number;
  /** Slots that a machine is expected to have before it registers. */
  expectedSlots: number;
  /** Milliseconds for which a stopped machine is kept unused. */
  keptMs: number;
  coolDown: CoolDown;
  /** Absent: machines cost nothing. */
  budget: BudgetLimits | undefined;
  /** Whether a hint that a reader may soon press Run wakes a machine. */
  hints: boolean;
}

/** Backoff of launches after failures. */
export interface CoolDown {
  /** Milliseconds after the first counted failure, doubled after each further one. */
  firstMs: number;
  maxMs: number;
}

/** Machine-hours a UTC day: of all machines, and of one project's. */
export interface BudgetLimits {
  hours: number;
  projectHours: number;
  /** Of projects that have a budget of their own. */
  own?: ReadonlyMap<string, number>;
}
