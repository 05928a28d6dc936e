import { expect, test } from "vitest";
import { ApiError, DeferredError } from "../../protocol/deferred-error.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { REASONS } from "../../protocol/reasons.ts";

test("an API error has its code's status, and its facts as fields", () => {
  const cause = new Error("the disk");
  const error = new ApiError("queue_full", "9 runs wait.", { retryAfterS: 30, cause });
  expect(error).toBeInstanceOf(DeferredError);
  expect(error).toMatchObject({ code: "queue_full", status: 503, retryAfterS: 30, cause });
  expect(error).toMatchObject({ name: "ApiError", detail: "9 runs wait." });
  expect(error.message).toBe("queue_full: 9 runs wait.");
});

test("an error that no caller is told of is the server's own fault", () => {
  const error = new DeferredError("database_newer", "It is of a newer release.");
  expect(error).toMatchObject({ code: "database_newer", status: 500 });
});

test("a code has one meaning: no reason of a run is an error of a call", () => {
  expect(Object.keys(REASONS).filter((code) => Object.hasOwn(ERRORS, code))).toEqual([]);
});
