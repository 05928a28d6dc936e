import { expect, test } from "vitest";
import { ApiError } from "../../../../protocol/deferred-error.ts";
import { createChallenges } from "../../../../server/accounts/users/challenges.ts";
import { passwordMistake } from "../../../../server/accounts/users/password-rules.ts";
import { createPasswords } from "../../../../server/accounts/users/passwords.ts";

test("a hash fits its password alone, however that is typed, and names its cost", async () => {
  const { hash, verify } = createPasswords();
  const stored = await hash("crème brûlée");
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await hash("crème brûlée")).not.toBe(stored);
  expect(await verify(stored, "crème brûlée".normalize("NFD"))).toBe(true);
  expect(await verify(stored, "creme brulee")).toBe(false);
  expect([await verify(null, ""), await verify(undefined, "")]).toEqual([false, false]);
});

test("more callers than the server can hash for are asked to come again", async () => {
  const { verify } = createPasswords({ maxWaiting: 1 });
  const asked = Array.from({ length: 5 }, () => verify(null, "x"));
  const settled = await Promise.allSettled(asked);
  const refused = settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused).toHaveLength(2);
  expect(refused[0]).toBeInstanceOf(ApiError);
  expect(refused[0]).toMatchObject({ code: "overloaded", retryAfterS: 2 });
});

test.each([
  ["correct horse", undefined],
  ["ÄÖÜäöüß!", undefined],
  ["👍👍👍👍👍👍👍", "Use 8 characters or more."],
  ["abcabcabc", "This is one of the passwords that are tried first. Choose another."],
  ["Sunshine", "This is one of the passwords that are tried first. Choose another."],
  ["Ada Lovelace", "This is a name that others know. Choose another."],
  ["Deferred Runner", "This is a name that others know. Choose another."],
])("the new password %s: %s", (password, mistake) => {
  expect(passwordMistake(password, ["ada@example.com", "Ada Lovelace"])).toBe(mistake);
});

test("a challenge is for one purpose, once, for five minutes", () => {
  let time = 0;
  const { issue, isOpen, use } = createChallenges({ secret: "s", now: () => time });
  const challenge = issue("sign in");
  expect(isOpen(challenge, "sign in")).toBe(true);
  expect(isOpen(challenge, "register ada")).toBe(false);
  expect(isOpen("", "sign in")).toBe(false);
  const other = createChallenges({ secret: "other", now: () => time });
  expect(other.isOpen(challenge, "sign in")).toBe(false);
  expect([use(challenge), use(challenge), isOpen(challenge, "sign in")]).toEqual([
    true,
    false,
    false,
  ]);
  const late = issue("sign in");
  time = 5 * 60_000;
  expect(isOpen(late, "sign in")).toBe(false);
});
