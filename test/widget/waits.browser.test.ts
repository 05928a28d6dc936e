import { expect, onTestFinished, test, vi } from "vitest";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { ended, mount, press, scripted, seenIn, at } from "./stage.ts";

const waking = { type: "waking", phase: "booting", since: at } as const;
const usual = { p50_s: 14, p90_s: 22, wakes: 9 };

test("of several blocks that wait for one server, one says how it wakes, then the next", async () => {
  const server = scripted();
  const ids = ["a", "b", "c"];
  const blocks: DeferredRunnerElement[] = [];
  for (const id of ids) {
    await server.accept(id);
    const element = await mount(server.url, undefined, { block: `a.e30.${id}` });
    press(element);
    await vi.waitFor(() => expect(element.runId).toBe(id));
    await server.emit({ ...waking, usual }, id);
    await vi.waitFor(() => expect(element.state).toBe("waking"));
    blocks.push(element);
  }
  const said = () => blocks.map((element) => seenIn(element, "status"));
  await vi.waitFor(() => expect(said()[0]).toContain("waking one"));
  expect(said()[0]).toContain("14 to 22 s");
  expect(said().slice(1)).toEqual(["Waiting for the same server", "Waiting for the same server"]);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "a");
  await vi.waitFor(() => expect(said()[1]).toContain("waking one"));
  expect(said()[2]).toBe("Waiting for the same server");
  blocks[1]!.remove();
  await vi.waitFor(() => expect(said()[2]).toContain("waking one"));
});

/** The page as in a tab that the reader does not look at. */
function hide(): () => void {
  let hidden = true;
  const spy = vi
    .spyOn(document, "visibilityState", "get")
    .mockImplementation(() => (hidden ? "hidden" : "visible"));
  onTestFinished(() => spy.mockRestore());
  return () => {
    hidden = false;
    document.dispatchEvent(new Event("visibilitychange"));
  };
}

/** Presses Run, and lets twelve seconds pass. */
async function longRun(id: string, attributes: Record<string, string> = {}) {
  const server = scripted();
  await server.accept(id);
  const element = await mount(server.url, undefined, attributes);
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe(id));
  const later = Date.now() + 12_000;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => later);
  onTestFinished(() => clock.mockRestore());
  return {
    element,
    end: async (state: "succeeded" | "failed") => {
      await server.emit(ended({ state, exit_code: state === "failed" ? 1 : 0 }), id);
      await vi.waitFor(() => expect(element.state).toBe(state));
    },
  };
}

test("title and icon tell that long waits have ended, until the tab is seen", async () => {
  document.title = "My page";
  const icon = Object.assign(document.createElement("link"), { rel: "icon", href: "/own.ico" });
  document.head.append(icon);
  onTestFinished(() => icon.remove());
  const first = await longRun("a");
  const second = await longRun("b");
  const show = hide();
  await first.end("succeeded");
  await vi.waitFor(() => expect(document.title).toBe("✓ My page"));
  expect(icon.href).toMatch(/^data:image\/svg/);
  await second.end("failed");
  await vi.waitFor(() => expect(document.title).toBe("✗ 2 My page"));
  show();
  expect(document.title).toBe("My page");
  expect(icon.getAttribute("href")).toBe("/own.ico");
  expect(icon.hasAttribute("type")).toBe(false);
});

test("a title that the page sets meanwhile stays", async () => {
  document.title = "My page";
  const run = await longRun("a");
  const show = hide();
  await run.end("succeeded");
  await vi.waitFor(() => expect(document.title).toBe("✓ My page"));
  document.title = "Other";
  show();
  expect(document.title).toBe("Other");
  expect(document.querySelector("link[rel~=icon][href^=data]")).toBeNull();
});

test.each([
  ["the tab is seen", {}, false],
  ["the author turned it off", { "tab-notice": "off" }, true],
])("the title stays where %s", async (_, attributes, hidden) => {
  document.title = "My page";
  const run = await longRun("a", attributes);
  if (hidden) hide();
  await run.end("succeeded");
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(document.title).toBe("My page");
});
