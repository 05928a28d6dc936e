// The words and amounts of a run that succeeds at once: all that the element loads for it.

export const RUNNING_WORDS = "Code sent, awaiting results";

export type DurationUnit = "s" | "min" | "h" | "d";

/** A number of a duration, how many of its digits are shown after the point, and its unit. */
export interface DurationPart {
  value: number;
  digits: number;
  unit: DurationUnit;
}

/** A duration of less than a minute. */
export function secondsPart(seconds: number): DurationPart {
  const isShort = seconds > 0 && seconds < 0.095;
  return {
    value: isShort ? Math.max(seconds, 0.01) : seconds,
    digits: isShort ? 2 : seconds < 9.95 ? 1 : 0,
    unit: "s",
  };
}
