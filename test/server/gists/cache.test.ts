import { expect, test } from "vitest";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { createGistCache } from "../../../server/gists/cache.ts";
import type { AnsweredGist, GistAnswer } from "../../../server/gists/github.ts";

const gistOf = (files: Record<string, string>): AnsweredGist => ({
  public: true,
  owner: { login: "octocat" },
  files: Object.fromEntries(
    Object.entries(files).map(([name, content]) => [name, { size: content.length, content }]),
  ),
});

/** A cache over answers that the test gives. */
function cacheOf(read: (id: string) => AnsweredGist | Promise<AnsweredGist>) {
  let time = 0;
  const asked: string[] = [];
  const find = createGistCache({
    async read({ id }): Promise<GistAnswer> {
      asked.push(id);
      return { gist: await read(id), etag: undefined };
    },
    steady: () => time,
  });
  return {
    find: (id: string) => find({ user: "octocat", id }),
    asked,
    wait: (ms: number) => void (time += ms),
  };
}

const unavailable = () => new ApiError("gist_unavailable", undefined, { retryAfterS: 60 });

test("few gists are read at once, others wait for their turn, and many more are refused", async () => {
  const reads: (() => void)[] = [];
  const { find, asked } = cacheOf(async () => {
    await new Promise<void>((done) => reads.push(done));
    return gistOf({});
  });
  const found = Array.from({ length: 68 }, (_, n) => find(n.toString(16)));
  await expect(find("ff")).rejects.toMatchObject({ code: "gist_unavailable", retryAfterS: 10 });
  expect(asked).toHaveLength(4);
  for (let next = 0; next < found.length; next++) {
    await expect.poll(() => reads.length).toBeGreaterThan(next);
    expect(asked.length - next).toBeLessThanOrEqual(4);
    reads[next]!();
    await found[next];
  }
  expect(asked).toHaveLength(68);
});

test("a failed read gives its turn to the next", async () => {
  const { find, asked } = cacheOf(() => Promise.reject(unavailable()));
  const found = Array.from({ length: 20 }, (_, n) => find(n.toString(16)));
  const outcomes = await Promise.allSettled(found);
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect(asked).toHaveLength(20);
});

test("readers of a known gist do not wait for a GitHub that fails, each anew", async () => {
  let answers = true;
  const { find, asked, wait } = cacheOf(() => {
    if (!answers) throw unavailable();
    return gistOf({ "x.py": "1", "x.py.block": "2" });
  });
  await find("1");
  answers = false;
  wait(61_000);
  await find("1");
  await find("1");
  expect(asked).toHaveLength(2);
  wait(11_000);
  await find("1");
  expect(asked).toHaveLength(3);
  wait(24 * 3600 * 1000);
  await expect(find("1")).rejects.toMatchObject({ code: "gist_unavailable" });
});

test("names of files count toward the size of the cache", async () => {
  const names = Array.from({ length: 2000 }, (_, n) => [`${n}${"x".repeat(1000)}`, ""]);
  const { find, asked } = cacheOf(() => gistOf(Object.fromEntries(names)));
  for (let n = 0; n < 9; n++) await find(n.toString());
  await find("0");
  expect(asked.filter((id) => id === "0")).toHaveLength(2);
});
