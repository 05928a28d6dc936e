import { InvalidArgumentError } from "@commander-js/extra-typings";
import { parseDuration } from "../../protocol/durations.ts";

export const PROJECT = [
  "--project <OWNER/NAME>",
  "Which project (default: $DEFERRED_PROJECT, else local/demo)",
] as const;
export const JSON_OUTPUT = ["--json", "Print JSON"] as const;
export const YES = ["--yes", "Do not ask for confirmation"] as const;

/** Collects the values of an option that may be repeated. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** Collects the values of an option that may be repeated, and may hold several between commas. */
export function collectList(value: string, previous: string[] | undefined): string[] {
  const values = value.split(",").map((one) => one.trim());
  return [...(previous ?? []), ...values.filter((one) => one !== "")];
}

export function wholeNumber(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}`);
  };
}

/** Seconds, of a time such as `10m`: one or more. */
export function seconds(value: string): number {
  const parsed = parseDuration(value);
  if (parsed !== undefined && parsed >= 1) return parsed;
  throw new InvalidArgumentError("It has to be a time of a second or more, such as 30m, 1h or 90d");
}
