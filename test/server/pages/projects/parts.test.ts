import { parse } from "valibot";
import { expect, test } from "vitest";
import { ProjectSettingsSchema } from "../../../../protocol/projects.ts";
import { age } from "../../../../server/pages/format.ts";
import { repositoryLinks } from "../../../../server/pages/projects/repository-links.ts";
import { type ProjectPage, projectPage } from "../../../../server/pages/projects/project.ts";
import { suggestedSlug } from "../../../../server/pages/start/page.ts";

test.each([
  ["https://github.com/acme/site.git", "https://github.com/acme/site/commit/a"],
  ["git@github.com:acme/site.git", "https://github.com/acme/site/commit/a"],
  ["ssh://git@codeberg.org:22/acme/site", "https://codeberg.org/acme/site/commit/a"],
  ["https://gitlab.com/group/sub/site", "https://gitlab.com/group/sub/site/-/commit/a"],
  ["https://user:token@github.com/acme/site", "https://github.com/acme/site/commit/a"],
  ["http://127.0.0.1:1/acme/site.git", undefined],
  ["file:///srv/git/site.git", undefined],
  [null, undefined],
])("a commit of %s stands at %s", (repository, address) => {
  expect(repositoryLinks(repository)?.commit("a")).toBe(address);
});

test("a page says how long ago without seconds, and the day after two weeks", () => {
  const day = 86_400_000;
  const now = Date.UTC(2026, 10, 22, 12);
  expect(
    [0, 59_000, 300_000, 3 * 3_600_000, 1.5 * day, 6 * day, 40 * day].map((past) =>
      age(now - past, now),
    ),
  ).toEqual([
    "just now",
    "just now",
    "5 min ago",
    "3 h ago",
    "1 day ago",
    "6 days ago",
    "2026-10-13",
  ]);
});

test.each([
  ["Ada Lovelace", "ada-lovelace/blocks"],
  ["  Zoë Müller-Lüdenscheidt ", "zoe-muller-ludenscheidt/blocks"],
  ["x".repeat(60), `${"x".repeat(39)}/blocks`],
  ["李雷", ""],
  ["…", ""],
])("the first project of %j is to be called %j", (name, slug) => {
  expect(suggestedSlug(name)).toBe(slug);
});

test("a project without pushes leads only to what its reader may do", async () => {
  const project = {
    ...{ slug: "acme/site", repository: "https://github.com/acme/site", defaultBranch: null },
    ...{ settings: parse(ProjectSettingsSchema, {}), createdAt: 0 },
  };
  const linksOf = async (may: Pick<ProjectPage, "mayRun" | "maySetUp">) => {
    const page = String(
      await projectPage({
        project,
        commits: { rows: [], older: undefined },
        ...{ refs: [], ref: undefined, underWay: [], days: [], trend: [], url: "", badgeUrl: "" },
        ...{ feedUrl: "", signedIn: true, now: 0, ...may },
      }),
    );
    return [page.includes("/settings/webhook"), page.includes("/projects/acme/site/run")];
  };
  expect(await linksOf({ mayRun: true, maySetUp: true })).toEqual([true, true]);
  expect(await linksOf({ mayRun: true, maySetUp: false })).toEqual([false, true]);
  expect(await linksOf({ mayRun: false, maySetUp: false })).toEqual([false, false]);
});
