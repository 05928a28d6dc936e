import type { OutputPart } from "../element/view.ts";

/** The place in the output that names a line of the program. */
export interface ErrorPlace {
  /** Number of the piece of output. */
  part: number;
  /** Where the mention is in its text. */
  start: number;
  end: number;
  /** Line of the canonical code, from 1. */
  line: number;
}

/** Programs are in `main.<extension>`. The second group is the line; the first is before the mention. */
const STYLES: { pattern: RegExp; which: "first" | "last" }[] = [
  // Python: the innermost frame comes last.
  { pattern: /(File "(?:[^"\n]*\/)?main\.py", )line (\d+)/g, which: "last" },
  // bash, and Perl, which adds a full stop.
  { pattern: /(\bmain\.\w+: )line (\d+)(?=: )/g, which: "last" },
  { pattern: /(\bat (?:\S*\/)?)main\.pl line (\d+)/g, which: "last" },
  // PHP.
  { pattern: /(\bin (?:\S*\/)?main\.php on )line (\d+)/g, which: "first" },
  // Compilers, whose warnings come first.
  { pattern: /((?:^|[\s(/]))main\.\w+:(\d+)(?::\d+)?(?=: (?:fatal )?error\b)/g, which: "first" },
  // Ruby, Node.js, Go and most others: the innermost frame comes first.
  { pattern: /((?:^|[\s("'`/]))main\.[a-z]{1,4}:(\d+)(?::\d+)?(?![\d/])/gm, which: "first" },
  // SQLite.
  { pattern: /(\b[Nn]ear )line (\d+)(?=:)/g, which: "first" },
];

/** Finds the line that an error names: in stderr, else in stdout. */
export function findErrorLine(parts: readonly OutputPart[]): ErrorPlace | undefined {
  for (const stream of ["stderr", "stdout"] as const) {
    for (const { pattern, which } of STYLES) {
      const found = parts.flatMap((part, index) =>
        part.stream === stream ? placesIn(part.text, index, pattern) : [],
      );
      const place = found.at(which === "first" ? 0 : -1);
      if (place) return place;
    }
  }
  return undefined;
}

function placesIn(text: string, part: number, pattern: RegExp): ErrorPlace[] {
  return Array.from(text.matchAll(pattern), ({ 0: mention, 1: before = "", 2: line, index }) => ({
    part,
    start: index + before.length,
    end: index + mention.length,
    line: Number(line),
  }));
}
