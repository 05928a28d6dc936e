import { durationParts, type DurationPart, type DurationUnit } from "../../protocol/words.ts";

/** The amounts of a run that prints text and succeeds, as a language writes them. */
export interface PlainFormat {
  number: (value: number) => string;
  /** `0.4 s`, `1 min 12 s`. */
  duration: (seconds: number) => string;
  /** Picks the form of a word that fits `count`. */
  plural: (count: number, one: string, other: string) => string;
}

export type UnitSigns = Record<DurationUnit, string>;

const NO_BREAK_SPACE = "\u00a0";

/** Returns the format of the language `tag`, a BCP 47 tag. */
export function plainFormatOf(tag: string, units: UnitSigns): PlainFormat {
  const rules = new Intl.PluralRules(tag);
  return {
    number: (value) => numberIn(tag, value),
    duration: (seconds) => joinedIn(tag, units, durationParts(seconds)),
    plural: (count, one, other) => (rules.select(count) === "one" ? one : other),
  };
}

export function numberIn(tag: string, value: number, options?: Intl.NumberFormatOptions): string {
  return unbroken(new Intl.NumberFormat(tag, options).format(value));
}

export function amountIn(tag: string, { value, digits }: DurationPart): string {
  return numberIn(tag, value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The parts of a duration, each with its unit. */
export function joinedIn(tag: string, units: UnitSigns, parts: DurationPart[]): string {
  return parts
    .map((part) => amountIn(tag, part) + NO_BREAK_SPACE + units[part.unit])
    .join(NO_BREAK_SPACE);
}

export function unbroken(text: string): string {
  return text.replaceAll(" ", NO_BREAK_SPACE);
}
