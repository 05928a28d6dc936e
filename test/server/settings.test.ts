import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readSettings, type SettingsError } from "../../server/settings.ts";

test("every setting has a default", () => {
  expect(readSettings({})).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    data: resolve("data"),
    url: undefined,
    idleS: 300,
    compute: "local",
    storage: "fs",
    trustProxy: false,
  });
});

test("all mistakes are reported at once, each with its variable", () => {
  try {
    readSettings({
      PORT: "http",
      DEFERRED_URL: "runner.example",
      DEFERRED_IDLE_S: "0",
      DEFERRED_COMPUTE: "moon",
      DEFERRED_SECRET: "short",
    });
    expect.unreachable();
  } catch (error) {
    const { mistakes } = error as SettingsError;
    const names = mistakes.map((mistake) => mistake.split(" ")[0]);
    expect(new Set(names)).toEqual(
      new Set(["DEFERRED_COMPUTE", "DEFERRED_IDLE_S", "DEFERRED_SECRET", "DEFERRED_URL", "PORT"]),
    );
  }
});

test("a database that would not be used is refused, not ignored", () => {
  expect(() => readSettings({ DATABASE_URL: "postgres://127.0.0.1/x" })).toThrow(/SQLite/);
});

test("storage on S3 needs its bucket and its region", () => {
  expect(() => readSettings({ DEFERRED_STORAGE: "s3" })).toThrow(
    /DEFERRED_S3_BUCKET[^]*AWS_REGION/,
  );
});

test("a secret is never repeated in a mistake", () => {
  expect(() => readSettings({ DEFERRED_SECRET: "hunter2" })).not.toThrow("hunter2");
  expect(() => readSettings({ DEFERRED_SECRET: "hunter2" })).toThrow("DEFERRED_SECRET");
});

test("URLs are taken as browsers write them, without the slash at their end", () => {
  for (const written of ["https://runner.example/", "HTTPS://Runner.Example:443"]) {
    expect(readSettings({ DEFERRED_URL: written }).url).toBe("https://runner.example");
  }
  expect(() => readSettings({ DEFERRED_URL: "https://runner.example/?a" })).toThrow(/query/);
});
