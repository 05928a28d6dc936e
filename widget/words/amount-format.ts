import type { DurationPart } from "../../protocol/plain-words.ts";
import { durationParts } from "../../protocol/words.ts";
import {
  amountIn,
  NO_BREAK_SPACE,
  numberIn,
  plainFormatOf,
  unbroken,
  type PlainFormat,
  type UnitSigns,
} from "./plain-format.ts";

/** Numbers, amounts and moments as a language writes them. No line breaks between a number and its unit. */
export interface AmountFormat extends PlainFormat {
  /** Whole seconds, for countdowns: `4 s`. */
  wait: (seconds: number) => string;
  /** `14` and `22 s`: a unit that both share stands once. */
  range: (from: number, to: number) => [from: string, to: string];
  /** `12 kB`: kilo is 1000. */
  size: (bytes: number) => string;
  /** `3 minutes ago`. */
  ago: (seconds: number) => string;
  /** An RFC 3339 moment in the reader's time zone. */
  moment: (at: string) => string;
}

/** Returns the format of the language `tag`, a BCP 47 tag. */
export function amountFormatOf(tag: string, units: UnitSigns): AmountFormat {
  const duration = (seconds: number) => joinedIn(tag, units, durationParts(seconds));
  const relative = new Intl.RelativeTimeFormat(tag);
  const moments = new Intl.DateTimeFormat(tag, { dateStyle: "long", timeStyle: "short" });
  return {
    ...plainFormatOf(tag),
    duration,
    wait: (seconds) =>
      joinedIn(
        tag,
        units,
        durationParts(seconds).map((part) => ({ ...part, digits: 0 })),
      ),
    range: (from, to) => {
      const [first, ...rest] = durationParts(from);
      const alike = rest.length === 0 && durationParts(to).every(({ unit }) => unit === first.unit);
      return [alike ? amountIn(tag, first) : duration(from), duration(to)];
    },
    size: (bytes) => {
      const [unit, by] = sizeUnit(bytes);
      const digits = by === 1e6 ? 1 : 0;
      const exact = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      // The short form of "byte" has no plural in English.
      const unitDisplay = by === 1 ? "long" : "short";
      return numberIn(tag, bytes / by, { style: "unit", unit, unitDisplay, ...exact });
    },
    ago: (seconds) => {
      const [unit, by] = ageUnit(seconds);
      return unbroken(relative.format(-Math.floor(seconds / by), unit));
    },
    moment: (at) => moments.format(new Date(at)),
  };
}

/** The parts of a duration, each with its unit. */
function joinedIn(tag: string, units: UnitSigns, parts: DurationPart[]): string {
  return parts
    .map((part) => amountIn(tag, part) + NO_BREAK_SPACE + units[part.unit])
    .join(NO_BREAK_SPACE);
}

function sizeUnit(bytes: number): [unit: string, by: number] {
  if (bytes < 1000) return ["byte", 1];
  return bytes < 999_500 ? ["kilobyte", 1000] : ["megabyte", 1e6];
}

function ageUnit(seconds: number): [unit: Intl.RelativeTimeFormatUnit, by: number] {
  if (seconds < 60) return ["second", 1];
  if (seconds < 3600) return ["minute", 60];
  return seconds < 86_400 ? ["hour", 3600] : ["day", 86_400];
}
