import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CanonicalCodeError, canonicalCode, changedInside } from "../../protocol/canonical-code.ts";
import { MAX_CODE_BYTES } from "../../protocol/sizes.ts";
import { cpuTimeOf } from "../cpu-time.ts";

interface Vector {
  name: string;
  source: string;
  canonical?: string;
  error?: string;
  line?: number;
}

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/canonical-code.json", import.meta.url), "utf8"),
) as Vector[];

describe("canonical form c1", () => {
  test.for(vectors)("$name", ({ source, canonical, error, line }) => {
    if (error === undefined) {
      expect(canonicalCode(source)).toBe(canonical);
    } else {
      expect(() => canonicalCode(source)).toThrow(CanonicalCodeError);
      expect(() => canonicalCode(source)).toThrow(`line ${line} holds ${error}`);
    }
  });

  const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "\t", "\n", "\r", "\r\n", "é") });

  test("is its own canonical form", () => {
    fc.assert(
      fc.property(text, (source) => {
        const once = canonicalCode(source);
        expect(canonicalCode(once)).toBe(once);
      }),
    );
  });

  test("does not depend on how deep the page indents the code", () => {
    fc.assert(
      fc.property(text, fc.constantFrom("  ", "\t", " \t "), (source, indentation) => {
        const deeper = source
          .split(/\r\n?|\n/)
          .map((line) => indentation + line)
          .join("\n");
        expect(canonicalCode(deeper)).toBe(canonicalCode(source));
      }),
    );
  });
});

test.each(["\n", "\r", "\r\n", " \n", "\t\r"])(
  "the longest code of empty lines, each %j, takes no longer than it is long",
  (line) => {
    const lines = line.repeat(MAX_CODE_BYTES / line.length);
    // Some 20 ms; 3 s where each line that goes has all others moved.
    expect(cpuTimeOf(() => canonicalCode(`${lines}x${lines}`))).toBeLessThan(1000);
    expect(canonicalCode(`${lines}  x\n${lines}`)).toBe("x\n");
  },
);

describe("changedInside", () => {
  test("names the lines of blanks between code that lose their blanks", () => {
    expect(changedInside("\n  a\n     \n  b\n   \n")).toEqual([3]);
  });

  test("is silent about line ends, common indentation and outer empty lines", () => {
    expect(changedInside("\r\n    a\r\n    \r\n    b  \r\n\r\n")).toEqual([]);
  });
});
