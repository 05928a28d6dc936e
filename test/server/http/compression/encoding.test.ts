import { expect, test } from "vitest";
import { negotiate } from "../../../../server/http/compression/encoding.ts";

test.each([
  [undefined, undefined],
  ["", undefined],
  ["gzip, deflate, br, zstd", "br"],
  ["gzip", "gzip"],
  ["GZIP;Q=0.5", "gzip"],
  ["x-gzip", "gzip"],
  ["br;q=0, gzip", "gzip"],
  ["br;q=0.1, gzip;q=0.9", "gzip"],
  ["br;q=0,gzip;q=0", undefined],
  ["gzip;q=0.000", undefined],
  ["deflate", undefined],
  ["*", "br"],
  ["*;q=0", undefined],
  ["br;q=0, *;q=0.1", "gzip"],
  ["identity", undefined],
  ["identity, gzip;q=0.5", undefined],
  ["identity;q=0.5, gzip;q=0.5", "gzip"],
  ["identity;q=0", undefined],
  ["identity;q=0, gzip", "gzip"],
  ["gzip;q=2", undefined],
  ["gzip;q=-1", undefined],
  ["gzip;q=", undefined],
  ["gzip ; q=0.3 , br ; q=0.2", "gzip"],
  [" , ,gzip", "gzip"],
  [`${"gzip,".repeat(1000)}br`, undefined],
] as const)("Accept-Encoding %j is answered with %j", (header, coding) => {
  expect(negotiate(header)).toBe(coding);
});
