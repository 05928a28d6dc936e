import { expect, test } from "vitest";
import { refusalSentence } from "../../cli/api/refusal-words.ts";
import { ERRORS } from "../../protocol/errors.ts";

test.each(Object.entries(ERRORS))("%s is told in words for a person", (code, [, sentence]) => {
  const told = refusalSentence(code, sentence, undefined);
  expect(told).not.toMatch(
    /detail|Authorization|Bearer|Retry-After|Content-Type|Idempotency|Allow header|this call|its owner's|LATER/i,
  );
  expect(told).toMatch(/^[A-Z].*\.$/);
});

test("a refusal that passes says after how long", () => {
  expect(refusalSentence("queue_full", "…", 30)).toBe(
    "Too many runs wait already: try again in 30 s.",
  );
  expect(refusalSentence("overloaded", "…", undefined)).toMatch(/try again in a moment\.$/);
});

test("a code of a newer server keeps the server's sentence", () => {
  expect(refusalSentence("brand_new", "It is new.", 3)).toBe("It is new.");
  expect(refusalSentence("constructor", "It is new.", 3)).toBe("It is new.");
});
