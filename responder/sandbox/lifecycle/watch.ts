import type { EffectiveLimits } from "../../../protocol/limits.ts";

export type Exceeded = "wall_time" | "cpu_time" | "memory";

/** Usage of a running program, as far as the host counts it. */
export interface Usage {
  cpuS(): number;
  /** Undefined where the kernel itself enforces the limit. */
  memoryBytes?(): number;
}

/** Below this, looking more often costs more than it saves. */
const LEAST_WAIT_MS = 20;
const MEMORY_WAIT_MS = 50;

/** The watch on a running program's limits. */
export interface Watch {
  /** Seconds of processor time used before the watch began. */
  readonly cpuAtStart: number;
  /** Fewer seconds for all of it, from when the watch began. */
  shorten(wallS: number): void;
  end(): void;
}

/** Calls `onExceeded` once, when a limit is reached. */
export function watch(
  limits: EffectiveLimits,
  usage: Usage,
  cpus: number,
  onExceeded: (limit: Exceeded) => void,
): Watch {
  const begun = performance.now();
  let over = false;
  const timers = new Map<Exceeded, NodeJS.Timeout>();
  const end = () => {
    over = true;
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  };
  const exceeded = (limit: Exceeded) => {
    end();
    onExceeded(limit);
  };

  const cpuAtStart = usage.cpuS();
  const lookAtCpuAfter = (left: number) => {
    // Processor time passes no faster than all processors together let it.
    timers.set("cpu_time", setTimeout(lookAtCpu, Math.max(LEAST_WAIT_MS, (left * 1000) / cpus)));
  };
  const lookAtCpu = () => {
    const left = limits.cpu_s - (usage.cpuS() - cpuAtStart);
    if (left <= 0) return exceeded("cpu_time");
    lookAtCpuAfter(left);
  };
  const lookAtMemory = () => {
    const used = usage.memoryBytes?.();
    if (used === undefined) return;
    if (used > limits.memory_mb * 2 ** 20) return exceeded("memory");
    timers.set("memory", setTimeout(lookAtMemory, MEMORY_WAIT_MS));
  };

  timers.set("wall_time", setTimeout(exceeded, limits.wall_s * 1000, "wall_time"));
  lookAtCpuAfter(limits.cpu_s);
  lookAtMemory();
  return {
    cpuAtStart,
    end,
    shorten(wallS) {
      if (over || wallS >= limits.wall_s) return;
      clearTimeout(timers.get("wall_time"));
      const left = wallS * 1000 - (performance.now() - begun);
      timers.set("wall_time", setTimeout(exceeded, Math.max(0, left), "wall_time"));
    },
  };
}
