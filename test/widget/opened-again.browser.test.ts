import { expect, test, vi } from "vitest";
import { ended, mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

test("a page that is closed and opened again goes on with its run, and can stop it", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "one " });
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("one"));
  element.remove();
  await server.emit({ type: "output", stream: "stdout", text: "two " });

  const opened = await mount(server.url);
  await vi.waitFor(() => expect(seenIn(opened, "output")).toBe("one two"));
  expect(opened.state).toBe("running");
  press(opened);
  await vi.waitFor(async () => {
    const asked = (await server.seen()).find(({ method }) => method === "DELETE");
    expect(asked?.headers["authorization"]).toBe("Bearer token-of-run1");
  });
  await server.emit(ended({ state: "canceled", exit_code: null }));
  await vi.waitFor(() => expect(opened.state).toBe("canceled"));

  const later = await mount(server.url);
  expect(later.state).toBe("idle");
});

test("a page that is opened again has what the reader set and wrote, and its run", async () => {
  const server = scripted();
  await server.accept();
  const inputs = {
    n: { type: "integer", default: 1 },
    kind: { type: "choice", values: ["a", "b"] },
    loud: { type: "boolean" },
  };
  const block = tokenWith({ inputs, edit: true });
  const element = await mount(server.url, undefined, { block });
  const field = (of: typeof element, name: string) =>
    of.shadowRoot!.querySelector<HTMLInputElement>(`[name=${name}]`)!;
  field(element, "n").value = "7";
  field(element, "kind").value = "b";
  field(element, "loud").checked = true;
  element.shadowRoot!.querySelectorAll("button")[1]!.click();
  await element.updateComplete;
  const area = element.shadowRoot!.querySelector("textarea")!;
  area.value = "puts 8";
  area.dispatchEvent(new InputEvent("input"));
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  element.remove();

  const opened = await mount(server.url, undefined, { block });
  expect(opened.runId).toBe("run1");
  expect(field(opened, "n").value).toBe("7");
  expect(field(opened, "kind").value).toBe("b");
  expect(field(opened, "loud").checked).toBe(true);
  expect(opened.shadowRoot!.querySelector("textarea")!.value).toBe("puts 8");
});

test("a run that the server no longer knows is forgotten, and nothing is said of it", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  element.remove();
  await server.answer();
  await server.tell({ do: "drop", refuse: 9 });

  const opened = await mount(server.url);
  await vi.waitFor(() => expect(opened.state).toBe("idle"));
  await opened.updateComplete;
  expect(seenIn(opened, "status")).toBe("");
  const asked = (await server.seen()).filter(({ method }) => method === "POST");
  expect(asked).toHaveLength(1);
  expect((await mount(server.url)).state).toBe("idle");
});

test("of two blocks alike on a page, the one that was pressed goes on", async () => {
  const server = scripted();
  await server.accept();
  const first = await mount(server.url);
  const second = await mount(server.url);
  press(second);
  await vi.waitFor(() => expect(second.runId).toBe("run1"));
  first.remove();
  second.remove();
  const opened = [await mount(server.url), await mount(server.url)];
  expect(opened.map(({ runId }) => runId)).toEqual([undefined, "run1"]);
});

test("what another page keeps under the same name outlives the end of this one's run", async () => {
  const server = scripted();
  await server.accept("run1");
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  const key = Object.keys(localStorage).find((name) => name.startsWith(server.url));
  localStorage.setItem(key!, localStorage.getItem(key!)!.replaceAll("run1", "run2"));
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  expect(localStorage.getItem(key!)).toContain("run2");
});
