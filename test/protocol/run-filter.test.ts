import { expect, test } from "vitest";
import {
  narrowFilter,
  parseRunFilter,
  splitFilter,
  writeTerms,
} from "../../protocol/run-filter.ts";

const NOTHING = {
  ...{ states: [], refs: [], authors: [], causes: [], commits: [], kinds: [], blocks: [] },
  ...{ days: [], texts: [] },
};

test.each([
  ["", {}],
  ["   ", {}],
  ["branch:main", { refs: ["refs/heads/main"] }],
  ["branch:refs/pull/7/head tag:v1", { refs: ["refs/pull/7/head", "refs/tags/v1"] }],
  ["status:failed is:timed-out", { states: ["failed", "timed_out"] }],
  ["state:open", { states: ["queued", "waking", "running", "retrying"] }],
  ['author:"Ada Author"', { authors: ["Ada Author"] }],
  ["cause:pull-request KIND:Block", { causes: ["pull_request"], kinds: ["block"] }],
  ["commit:4F2A91", { commits: ["4f2a91"] }],
  ["day:1970-01-03", { days: [2] }],
  ["fix the parser", { texts: ["fix", "the", "parser"] }],
  ['"two words" state:failed', { texts: ["two words"], states: ["failed"] }],
  // A title may begin with a word and a colon.
  [
    "fix: parse feat(ui): http://example.org",
    { texts: ["fix:", "parse", "feat(ui):", "http://example.org"] },
  ],
  ['"brnch:main"', { texts: ["brnch:main"] }],
  ["branch: main", { texts: ["branch:", "main"] }],
  ['author:"', {}],
])("%j narrows to %j", (filter, terms) => {
  expect(parseRunFilter(filter)).toEqual({ terms: { ...NOTHING, ...terms } });
});

test.each([
  ["state:faild", "There is no state “faild”. Did you mean state:failed?"],
  ["state:constructor", /There is no state “constructor”\. Use a state such as failed/],
  ["cause:moon", /Use push, pull_request/],
  ["brnch:main", /There is no brnch: to filter by\. Did you mean branch:\?/],
  ["commit:xyz", /commit: takes the first digits/],
  ["commit:ab", /four or more/],
  ["day:2026-02-30", /day: takes a day/],
  ["day:yesterday", /day: takes a day/],
  ["x ".repeat(21), "A filter has 20 terms at most."],
  ["x".repeat(501), "A filter has 500 characters at most."],
])("%j is refused: %s", (filter, problem) => {
  const parsed = parseRunFilter(filter);
  expect(parsed.problem).toMatch(problem);
});

test("a link narrows a filter: it replaces the terms of its key and keeps the others", () => {
  const filter = 'branch:main state:failed "a text" word';
  expect(narrowFilter(filter, "state", "succeeded")).toBe(
    'branch:main "a text" word state:succeeded',
  );
  expect(narrowFilter("", "author", 'Ada "The" Author')).toBe('author:"Ada  The  Author"');
});

test("a filter that is written again means the same", () => {
  for (const filter of ['branch:main "a: b" author:"x y" "fix:"', "tag:v1 day:2026-01-01 a"]) {
    const terms = splitFilter(filter);
    expect(splitFilter(writeTerms(terms))).toEqual(terms);
  }
});
