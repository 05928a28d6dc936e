import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../../widget/run/sha256.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("the digest of any bytes is that of OpenSSL", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(hex(sha256(bytes))).toBe(createHash("sha256").update(bytes).digest("hex"));
    }),
  );
});

test.each([0, 55, 56, 63, 64, 65, 119, 120, 262_144])("so it is of %i bytes", (length) => {
  const bytes = new Uint8Array(length).map((_, index) => index * 31);
  expect(hex(sha256(bytes))).toBe(createHash("sha256").update(bytes).digest("hex"));
});
