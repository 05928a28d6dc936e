import { secondsPart, type DurationPart, type DurationUnit } from "../../protocol/plain-words.ts";

/** The amounts of a run that prints text and succeeds, as a language writes them. */
export interface PlainFormat {
  number: (value: number) => string;
  /** `0.4 s`. The plain format writes all durations in seconds, the other one `1 min 12 s`. */
  duration: (seconds: number) => string;
  /** Picks the form of a word that fits `count`. */
  plural: (count: number, one: string, other: string) => string;
}

export type UnitSigns = Record<DurationUnit, string>;

export const NO_BREAK_SPACE = "\u00a0";

/** Returns the format of the language `tag`, a BCP 47 tag. */
export function plainFormatOf(tag: string, secondSign = "s"): PlainFormat {
  const rules = new Intl.PluralRules(tag);
  return {
    number: (value) => numberIn(tag, value),
    duration: (seconds) => amountIn(tag, secondsPart(seconds)) + NO_BREAK_SPACE + secondSign,
    plural: (count, one, other) => (rules.select(count) === "one" ? one : other),
  };
}

export function numberIn(tag: string, value: number, options?: Intl.NumberFormatOptions): string {
  return unbroken(new Intl.NumberFormat(tag, options).format(value));
}

export function amountIn(tag: string, { value, digits }: DurationPart): string {
  return numberIn(tag, value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function unbroken(text: string): string {
  return text.replaceAll(" ", NO_BREAK_SPACE);
}
