import { expect, test } from "vitest";
import { pagePaths } from "../../protocol/paths.ts";
import { violationsOn } from "../axe.ts";
import { useBrowser } from "./browser.ts";
import { openProject, someRuns } from "./open-project.ts";
import {
  checkColours,
  checkTargets,
  checkWidth,
  followHeader,
  LOOKS,
  OTHER_SCHEMES,
  show,
} from "./page-looks.ts";

const browser = useBrowser();

/** Each test looks at tens of pages, in four looks each. */
const LONG_MS = 240_000;

// Each page is opened once: loading it takes longer than most of what is asked of it.
const TITLE =
  "is accessible, fits its width, light and dark, wide and narrow, keeps its header in place, and has targets of 24 px";

test(
  `every page that people read ${TITLE}`,
  async () => {
    const { project, page, go, refused } = await openProject(browser);
    const { failed, run, sha, delivery } = await someRuns(project);
    const { slug } = project;
    const header = followHeader(page);
    const withHeader = new Set([
      ...[pagePaths.projects, pagePaths.project(slug), pagePaths.run(slug, failed.run)],
      ...["/docs", "/nowhere"],
    ]);
    const pressed = new Set([
      ...[pagePaths.projects, pagePaths.project(slug), pagePaths.runs(slug)],
      ...[pagePaths.run(slug, failed.run), pagePaths.commit(slug, sha)],
      ...[pagePaths.deliveries(slug), pagePaths.delivery(slug, delivery)],
      ...[pagePaths.notices(slug), pagePaths.signInPage],
    ]);
    const read = [
      pagePaths.projects,
      pagePaths.project("local/demo"),
      pagePaths.project(slug),
      pagePaths.runs(slug),
      `${pagePaths.runs(slug)}?q=state:faild`,
      `${pagePaths.runs(slug)}?q=kind:command+state:unsuccessful`,
      pagePaths.blocks(slug),
      pagePaths.run(slug, run),
      pagePaths.run(slug, failed.run),
      `${pagePaths.run(slug, failed.run)}?q=test`,
      pagePaths.commit(slug, sha),
      pagePaths.deliveries(slug),
      pagePaths.delivery(slug, delivery),
      pagePaths.notices(slug),
      pagePaths.project("acme/missing"),
    ];
    for (const path of new Set([...read, ...withHeader, ...pressed])) {
      await go(path);
      if (withHeader.has(path)) await header.check(path);
      if (pressed.has(path)) await checkTargets(page, path);
      if (path === "/docs") {
        await show(page, LOOKS[0]);
        const guide = page.getByRole("navigation", { name: "Docs" }).getByRole("link").first();
        expect((await guide.boundingBox())?.width).toBeGreaterThan(100);
      }
      if (!read.includes(path)) continue;
      for (const look of LOOKS) {
        await show(page, look);
        await checkWidth(page, path, look.width);
        // On a narrow page the same tables have another form; what else may differ is the colours.
        const looked = look.width > 1000 || /runs\/|commits|faild|site$/.test(path);
        if (looked) expect([path, await violationsOn(page)]).toEqual([path, []]);
        else await checkColours(page, path, [look]);
      }
      await checkColours(page, path, OTHER_SCHEMES);
    }
    // The row of tabs scrolls to the page's own, and the page does not.
    await page.setViewportSize({ width: 390, height: 900 });
    await go(pagePaths.projectMachines(slug));
    const tabs = await page.locator(".project-tabs").boundingBox();
    const own = await page.locator(".project-tabs [aria-current]").boundingBox();
    expect(own!.x).toBeGreaterThanOrEqual(tabs!.x);
    expect(own!.x + own!.width).toBeLessThanOrEqual(tabs!.x + tabs!.width - 40);
    await page.context().clearCookies();
    await go(pagePaths.project(slug));
    for (const look of LOOKS) {
      await show(page, look);
      expect(await violationsOn(page)).toEqual([]);
    }
    expect(refused).toEqual([]);
  },
  LONG_MS,
);

/** The pages that people act on, in one project and on the server. */
function actingPages(slug: string): string[] {
  return [
    ...[pagePaths.settings(slug), pagePaths.secrets(slug), pagePaths.repository(slug)],
    ...[pagePaths.webhook(slug), pagePaths.telling(slug), pagePaths.tokens(slug)],
    ...[pagePaths.removeProject(slug), pagePaths.runNow(slug), pagePaths.blocks(slug)],
    ...[pagePaths.members(slug), pagePaths.projectAudit(slug), pagePaths.projectMachines(slug)],
    ...["/", pagePaths.newProject, pagePaths.removedProjects, pagePaths.account],
    ...[pagePaths.operator, pagePaths.machines, pagePaths.addMachine, pagePaths.audit],
    ...[pagePaths.keys(slug), pagePaths.branches(slug), pagePaths.sign(slug), pagePaths.users],
  ];
}

test(
  `every page that people act on ${TITLE}`,
  async () => {
    const { project, page, go, refused } = await openProject(browser);
    await someRuns(project);
    const header = followHeader(page);
    // The other pages' headers stand where this one's does.
    await go(pagePaths.projects);
    await header.check(pagePaths.projects);
    // These share their tables and fields, so each has all rules in one of the looks, and those of colours in the others.
    for (const [index, path] of actingPages(project.slug).entries()) {
      await go(path);
      if (path === "/" || path === pagePaths.operator) await header.check(path);
      await checkTargets(page, path);
      const look = LOOKS[index % LOOKS.length]!;
      await show(page, look);
      await checkWidth(page, path, look.width);
      expect([path, await violationsOn(page)]).toEqual([path, []]);
      await checkColours(page, path, [LOOKS[(index + 1) % LOOKS.length]!, ...OTHER_SCHEMES]);
    }
    expect(refused).toEqual([]);
  },
  LONG_MS,
);
