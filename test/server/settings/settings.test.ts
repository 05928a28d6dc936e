import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readServerSettings } from "../../../server/main.ts";
import { readSettings, type SettingsError } from "../../../server/settings/settings.ts";

test("every setting has a default", () => {
  expect(readServerSettings({})).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    data: resolve("data"),
    url: undefined,
    idleS: 300,
    provider: { name: "local", sharesHost: true },
    storage: "fs",
    trustProxy: false,
  });
});

test("all mistakes are reported at once, each with its variable", () => {
  try {
    readServerSettings({
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
  for (const [written, why] of [
    [
      "https://runner.example/ci",
      /without "\/ci": the server is not served below a path.*https:\/\/runner\.runner\.example/,
    ],
    ["https://runner.example//", /without "\/\/"/],
    ["https://runner.example/?", /query/],
    ["https://runner.example/#", /fragment/],
    ["https://runner.example#a", /fragment/],
    ["https://me:s3cret@runner.example", /without a user name and a password/],
    ["https://me@runner.example", /without a user name and a password/],
    ["ftp://runner.example", /http or https/],
  ] as const) {
    const read = () => readSettings({ DEFERRED_URL: written });
    expect(read, written).toThrow(why);
    expect(read, written).not.toThrow(/s3cret/);
  }
});

test("a mail server is named by an SMTP URL, whose password no mistake repeats", () => {
  const url = "smtp://runner:s3cret-password@mail.example:587";
  expect(readSettings({ SMTP_URL: url })).toMatchObject({ smtpUrl: url });
  for (const wrong of ["https://u:s3cret-password@mail.example", "mail:s3cret-password", "smtp:"]) {
    expect(() => readSettings({ SMTP_URL: wrong })).toThrow(/^SMTP_URL has to be (?!.*s3cret)/);
  }
});

test("GitHub's token is a token alone, and no mistake repeats it", () => {
  expect(readSettings({ DEFERRED_GITHUB_TOKEN: "ghp_s3cret" }).gitHubToken).toBe("ghp_s3cret");
  for (const wrong of ['"ghp_s3cret"', "ghp_s3cret\nX: y", "Bearer ghp_s3cret"]) {
    expect(() => readSettings({ DEFERRED_GITHUB_TOKEN: wrong })).toThrow(
      /^DEFERRED_GITHUB_TOKEN has to be (?!.*s3cret)/,
    );
  }
});

test.each(["runner@example.org", "Deferred Runner <runner@example.org>", '"A, B" <a@b.org>'])(
  "mails may come from %s",
  (mailFrom) => {
    expect(readSettings({ DEFERRED_MAIL_FROM: mailFrom })).toMatchObject({ mailFrom });
  },
);

test.each(["nobody", "Runner <nobody>", "a@b.org\r\nBcc: c@d.org", "a@b.org, c@d.org"])(
  "mails may not come from %j",
  (from) => {
    expect(() => readSettings({ DEFERRED_MAIL_FROM: from })).toThrow(/DEFERRED_MAIL_FROM/);
  },
);
