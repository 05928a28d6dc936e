import { expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { ended, mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

const part = (element: DeferredRunnerElement, name: string) =>
  element.shadowRoot!.querySelector<HTMLButtonElement>(`[part=${name}]`)!;

async function calls(server: ReturnType<typeof scripted>, method: string): Promise<number> {
  return (await server.seen()).filter((call) => call.method === method).length;
}

/** The first test of its file: what one test has loaded stays loaded for all. */
test("a run that prints text and succeeds loads no part beside that of runs", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "42\n" });
  await server.emit(ended());
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("42"));
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await element.updateComplete;
  // What the run asked for has come before a module that is asked for now.
  await import("../../widget/run/terminal-output.ts");
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  expect(loaded).toContainEqual(expect.stringMatching(/\/widget\/run\/run\.ts/));
  expect(
    loaded.filter((name) => /other-states\.ts|features\.ts|result-actions\.ts/.test(name)),
  ).toEqual([]);
});

test("a double click runs once, and stops nothing", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  await userEvent.dblClick(part(element, "button"));
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(element.state).toBe("running"));
  expect([await calls(server, "POST"), await calls(server, "DELETE")]).toEqual([1, 0]);
});

test("a double click on a run that has ended within it runs once", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  element.addEventListener("click", () => void server.emit(ended()), { once: true });
  // The run has ended before the second click of a slow hand.
  await userEvent.dblClick(part(element, "button"), { delay: 100 });
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  expect(await calls(server, "POST")).toBe(1);
  press(element);
  await vi.waitFor(async () => expect(await calls(server, "POST")).toBe(2));
});

test("Enter that is held down on Run, or in a field, runs once", async () => {
  const server = scripted();
  await server.accept();
  const block = tokenWith({ inputs: { word: { type: "text", default: "" } } });
  const element = await mount(server.url, undefined, { block });
  part(element, "button").focus();
  await userEvent.keyboard("{Enter>5/}");
  element.shadowRoot!.querySelector("input")!.focus();
  await userEvent.keyboard("{Enter>5/}");
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  expect([await calls(server, "POST"), await calls(server, "DELETE")]).toEqual([1, 0]);
});

test("the focus stays on Run while it runs, Stop comes next, and gives it back", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  part(element, "button").focus();
  await userEvent.keyboard("{Enter}");
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(element.state).toBe("running"));
  await element.updateComplete;
  expect(element.shadowRoot!.activeElement).toBe(part(element, "button"));
  expect(part(element, "button").getAttribute("aria-disabled")).toBe("true");
  await userEvent.tab();
  expect(element.shadowRoot!.activeElement).toBe(part(element, "stop"));
  await userEvent.keyboard("{Enter}");
  await vi.waitFor(async () => expect(await calls(server, "DELETE")).toBe(1));
  await server.emit(ended({ state: "canceled", exit_code: null }));
  await vi.waitFor(() => expect(seenIn(element, "status")).toBe("The run was canceled."));
  expect(seenIn(element, "stop")).toBe("");
  expect(element.shadowRoot!.activeElement).toBe(part(element, "button"));
  expect(part(element, "button").hasAttribute("aria-disabled")).toBe(false);
});

test("the second click of a double click never lands on Stop", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  const run = part(element, "button").getBoundingClientRect();
  press(element);
  await vi.waitFor(() => expect(seenIn(element, "stop")).toBe("Stop"));
  const again = part(element, "button").getBoundingClientRect();
  expect([again.x, again.y]).toEqual([run.x, run.y]);
  const stop = part(element, "stop").getBoundingClientRect();
  expect(stop.top).toBeGreaterThanOrEqual(run.bottom);
});
