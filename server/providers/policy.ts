/** How many machines a provider may have, and for how long each stays. */
export interface FleetPolicy {
  /** Milliseconds without work after which a machine is stopped. */
  idleMs: number;
  /** Machines of one pool alive at one time, and machines kept for it. */
  maxMachines: number;
  /** Machines alive at one time, all pools together. */
  maxInAll: number;
  /** Milliseconds within which a launch has to register, or to come a step further. */
  bootMs: number;
  /** Milliseconds within which it has to register however it moves. */
  bootMostMs: number;
  /** Milliseconds without a call after which a machine is taken for dead. */
  silentMs: number;
  /** Stopped machines that a pool in use has beside those that run, within `maxMachines`. */
  spare: number;
  /** Slots that a machine is expected to have before it registers. */
  expectedSlots: number;
  /** Milliseconds for which a stopped machine is kept unused. */
  keptMs: number;
  coolDown: CoolDown;
  /** Absent: machines cost nothing. */
  budget: BudgetLimits | undefined;
  /** Whether a reader who may soon run something wakes a machine. */
  hints: boolean;
}

/** How long no machine is tried after failures. */
export interface CoolDown {
  /** Milliseconds after the first failure that counts; twice as long after each further one. */
  firstMs: number;
  mostMs: number;
}

/** Machine-hours a UTC day: of all machines, and of those that one project asked for. */
export interface BudgetLimits {
  hours: number;
  projectHours: number;
}
