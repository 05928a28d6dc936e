import { expect, test } from "vitest";
import { createSealing } from "../../../server/database/sealing.ts";

const place = ["ada/app", "secret", "TOKEN"];

test("what is sealed opens in its own place alone, and differs each time", () => {
  const { seal, open } = createSealing("the master key");
  const sealed = seal("s3cret ü", place);
  expect(open(sealed, place)).toBe("s3cret ü");
  expect(sealed).not.toBe(seal("s3cret ü", place));
  expect(sealed).not.toContain("s3cret");
  expect(() => open(sealed, ["ada/other", "secret", "TOKEN"])).toThrow(/does not open/);
  expect(() => open(sealed, ["ada/app", "own", "TOKEN"])).toThrow(/does not open/);
});

test("what was changed, cut or sealed under another master key does not open", () => {
  const { seal, open } = createSealing("the master key");
  const sealed = seal("s3cret", place);
  const flipped = sealed.slice(0, 6) + (sealed[6] === "A" ? "B" : "A") + sealed.slice(7);
  for (const bad of [flipped, sealed.slice(0, -4), "v1.", "v2.x", ""]) {
    expect(() => open(bad, place)).toThrow(/ada\/app secret TOKEN/);
  }
  expect(() => createSealing("another").open(sealed, place)).toThrow(/DEFERRED_SECRET/);
});
