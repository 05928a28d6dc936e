import { expect, test } from "vitest";
import { publicUrlOf } from "../../../server/storage/public-url.ts";

const aws = { bucket: "results", endpoint: undefined, pathStyle: false };

test.each([
  ["eu-west-1", "https://results.s3.eu-west-1.amazonaws.com"],
  ["us-gov-west-1", "https://results.s3.us-gov-west-1.amazonaws.com"],
  ["cn-north-1", "https://results.s3.cn-north-1.amazonaws.com.cn"],
  ["eusc-de-east-1", "https://results.s3.eusc-de-east-1.amazonaws.eu"],
])("a bucket in %s is read at its own domain", (region, url) => {
  expect(publicUrlOf({ ...aws, region })).toBe(url);
});

test("a bucket of another server is read at that server's address", () => {
  const other = { ...aws, region: undefined, endpoint: "https://s3.example:9000" };
  expect(publicUrlOf(other)).toBe("https://results.s3.example:9000");
  expect(publicUrlOf({ ...other, pathStyle: true })).toBe("https://s3.example:9000/results");
});
