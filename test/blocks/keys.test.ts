import { expect, test } from "vitest";
import { newKeyPair, thumbprint } from "../../blocks/keys.ts";

test("a new key's id is its thumbprint, and never looks like an option of a command line", async () => {
  // One thumbprint in 64 begins with a dash: of so many, hardly none.
  const pairs = await Promise.all(Array.from({ length: 400 }, () => newKeyPair()));
  expect(pairs.filter(({ kid }) => kid.startsWith("-"))).toEqual([]);
  expect(await thumbprint(pairs[0]!.publicJwk)).toBe(pairs[0]!.kid);
});
