import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { RUN_STATES } from "../../../../protocol/run.ts";
import { badge } from "../../../../server/pages/projects/badge.ts";
import { atomFeed } from "../../../../server/pages/projects/feed.ts";
import { startPushedProject } from "../../pushed-project.ts";

test("a badge follows its branch, and not what somebody tried out", async () => {
  const project = await startPushedProject({ settings: { public: true } });
  const { slug } = project;
  const words = async (query = "") => {
    const response = await project.call("GET", pagePaths.badge(slug) + query);
    expect(response.headers.get("content-type")).toBe("image/svg+xml; charset=utf-8");
    return /<title>(.*)<\/title>/.exec(await response.text())![1];
  };
  expect(await words()).toBe("site: no runs");
  await project.pushAndRun({ subject: "Works" });
  await project.pushAndRun({ subject: "Breaks", branch: "next" }, 1);
  await project.own("POST", paths.projectRuns(slug), { task: { do: "exec", command: "false" } });
  const tried = await project.claim();
  await project.steps(tried, [{ name: "false", exit: 1 }]);
  await project.finish(tried, { exit_code: 1 });
  expect(await words()).toBe("site: succeeded");
  expect(await words("?branch=next")).toBe("site: failed");
  expect(await words("?branch=none")).toBe("site: no runs");
});

test("a badge is kept a minute at most, and an unchanged one is not sent again", async () => {
  const project = await startPushedProject({ settings: { public: true } });
  const path = pagePaths.badge(project.slug);
  const first = await project.call("GET", path);
  expect(first.headers.get("cache-control")).toBe("public, max-age=60");
  const headers = { "if-none-match": first.headers.get("etag")! };
  const again = await project.call("GET", path, undefined, headers);
  expect([again.status, await again.text()]).toEqual([304, ""]);
});

test("the key that a private project's page shows opens its badge and feed, and nothing else", async () => {
  const project = await startPushedProject();
  const { run } = await project.pushAndRun({ subject: "Works" });
  const { slug } = project;
  const { url } = (await project.own("POST", paths.signInLinks)) as { url: string };
  const signIn = await project.call("GET", new URL(url).pathname);
  const cookie = signIn.headers.get("set-cookie")!.split(";")[0]!;
  const page = await (
    await project.call("GET", pagePaths.project(slug), undefined, { cookie })
  ).text();
  const key = /badge\.svg(\?key=[\w-]{22})/.exec(page)![1]!;
  const badge = await project.call("GET", pagePaths.badge(slug) + key);
  expect([badge.status, badge.headers.get("cache-control")]).toEqual([200, "private, max-age=60"]);
  const feed = await project.call("GET", pagePaths.feed(slug) + key);
  expect(await feed.text()).toContain(`/projects/${slug}/runs/${run}`);
  for (const path of [
    pagePaths.project(slug),
    pagePaths.run(slug, run),
    paths.run(run),
    pagePaths.badge("local/demo"),
  ]) {
    expect([path, (await project.call("GET", path + key)).status]).toEqual([path, 401]);
  }
});

test.each(RUN_STATES)("a badge of a run that is %s differs in words and shape", (state) => {
  const text = badge("site", state);
  expect(text).toMatch(/^<svg [^>]*role="img" aria-label="site: [a-z ]+">/);
  expect(text).toContain(' d="M');
  expect(text).not.toMatch(/href|url\((?!#r\))|@import/);
});

test("a feed has no character that XML refuses", () => {
  const feed = atomFeed({
    slug: "acme/site",
    url: "https://runner.example",
    self: "https://runner.example/feed?key=a&b=c",
    since: 0,
    runs: [
      {
        ...{
          id: "r1",
          state: "failed",
          trigger: "push",
          title: '\u0000\u001b[31m<b>&"\ud800\ufffe',
        },
        ...{ ref: "refs/heads/main", created_at: 1, ended_at: 2002, ran_s: 2 },
        ...{ author: "A\u0008da", reason: undefined },
      },
    ],
  });
  expect(feed).toContain("<title>Failed: [31m&lt;b&gt;&amp;&quot;\ufffd (main)</title>");
  expect(feed).toContain("<name>Ada</name>");
  expect(feed).toContain('href="https://runner.example/feed?key=a&amp;b=c"');
  expect(feed).toContain("<updated>1970-01-01T00:00:02.002Z</updated>");
});
