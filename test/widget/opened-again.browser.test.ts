import { expect, onTestFinished, test, vi } from "vitest";
import { ended, mount, press, scripted, seenIn, stop, tokenWith } from "./stage.ts";

/** The page's clock is so much further on than `since`. */
function pass(ms: number, since = Date.now()): void {
  vi.spyOn(Date, "now").mockReturnValue(since + ms);
  onTestFinished(() => void vi.restoreAllMocks());
}

const kept = (server: ReturnType<typeof scripted>) =>
  Object.keys(localStorage).filter((name) => name.startsWith(server.url));
const posts = async (server: ReturnType<typeof scripted>) =>
  (await server.seen()).filter(({ method }) => method === "POST");

/** A page whose press has not been answered when it is closed. */
async function closeUnanswered(server: ReturnType<typeof scripted>) {
  await server.answer({ status: 503, headers: { "retry-after": "600" } });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(async () => expect(await posts(server)).toHaveLength(1));
  element.remove();
  return element;
}

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
  stop(opened);
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
  element.shadowRoot!.querySelector<HTMLElement>("[part=edit]")!.click();
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
  const [key] = kept(server);
  const { key: mine, ...rest } = JSON.parse(localStorage.getItem(key!)!) as { key: string };
  localStorage.setItem(key!, JSON.stringify({ ...rest, key: `${mine}0`, id: "run2" }));
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  expect(localStorage.getItem(key!)).toContain("run2");
});

test("a press that has no answer when its page is closed is sent again, the very same, by the page that is opened", async () => {
  const server = scripted();
  const block = tokenWith({ edit: true, inputs: { n: { type: "integer", default: 1 } } });
  await server.answer({ status: 503, headers: { "retry-after": "600" } });
  const element = await mount(server.url, undefined, { block });
  const root = element.shadowRoot!;
  root.querySelector<HTMLInputElement>("[name=n]")!.value = "7";
  root.querySelector<HTMLElement>("[part=edit]")!.click();
  await element.updateComplete;
  const area = root.querySelector("textarea")!;
  area.value = "puts 8";
  area.dispatchEvent(new InputEvent("input"));
  press(element);
  await vi.waitFor(async () => expect(await posts(server)).toHaveLength(1));
  element.remove();
  await server.accept();
  const [name] = kept(server);
  pass(50_000, (JSON.parse(localStorage.getItem(name!)!) as { sent: number }).sent);

  const opened = await mount(server.url, undefined, { block });
  expect(opened.state).toBe("posted");
  await opened.updateComplete;
  expect(opened.shadowRoot!.querySelector(".elapsed")!.textContent).toMatch(/^50\ss$/);
  expect(opened.shadowRoot!.querySelector("textarea")!.value).toBe("puts 8");
  expect(opened.shadowRoot!.querySelector<HTMLInputElement>("[name=n]")!.value).toBe("7");
  await vi.waitFor(() => expect(opened.runId).toBe("run1"));
  const [first, second, ...more] = await posts(server);
  expect(second!.body).toBe(first!.body);
  expect(second!.headers["idempotency-key"]).toBe(first!.headers["idempotency-key"]);
  expect(more).toEqual([]);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit(ended());
  await vi.waitFor(() => expect(opened.state).toBe("succeeded"));
  expect(kept(server)).toEqual([]);
});

test("a press that was sent more than a minute ago is not sent by a page that is opened", async () => {
  const server = scripted();
  await closeUnanswered(server);
  expect(kept(server)).toHaveLength(1);
  pass(61_000);
  expect((await mount(server.url)).state).toBe("idle");
  expect(kept(server)).toEqual([]);
  expect(await posts(server)).toHaveLength(1);
});

test("a press that was stopped before its answer is not sent by a page that is opened", async () => {
  const server = scripted();
  const closed = await closeUnanswered(server);
  const opened = await mount(server.url);
  expect(opened.state).toBe("posted");
  stop(opened);
  await vi.waitFor(() => expect(opened.state).toBe("canceled"));
  // It was only taken out of this page, and had gone on asking.
  expect(closed.state).toBe("canceled");
  expect((await mount(server.url)).state).toBe("idle");
});

test("a page that is rendered ahead sends nothing again until somebody opens it", async () => {
  const server = scripted();
  await closeUnanswered(server);
  await server.accept();
  Object.defineProperty(document, "prerendering", { value: true, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(document, "prerendering"));
  const opened = await mount(server.url);
  expect(opened.state).toBe("idle");
  expect(await posts(server)).toHaveLength(1);
  Reflect.deleteProperty(document, "prerendering");
  document.dispatchEvent(new Event("prerenderingchange"));
  await vi.waitFor(() => expect(opened.runId).toBe("run1"));
});

test("a page that may not keep anything runs its block all the same", async () => {
  vi.spyOn(window, "localStorage", "get").mockImplementation(() => {
    throw new DOMException("It is denied for this page.", "SecurityError");
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  expect((await mount(server.url)).state).toBe("idle");
});

test.each([0, 404])(
  "a run whose server is gone for good (%i) is waited for half a minute, and not while the device is offline",
  async (status) => {
    const server = scripted();
    await server.accept();
    const element = await mount(server.url);
    press(element);
    await vi.waitFor(() => expect(element.runId).toBe("run1"));
    element.remove();
    await server.tell({ do: "go", status });

    const onLine = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const opened = await mount(server.url);
    expect(seenIn(opened, "status")).toContain("Waiting…");
    pass(31_000);
    const asked = async () => (await server.seen()).filter(({ path }) => path === "/v1/runs/run1");
    const before = (await asked()).length;
    await vi.waitFor(async () => expect((await asked()).length).toBeGreaterThan(before + 1));
    expect(opened.state).toBe("posted");
    onLine.mockReturnValue(true);
    await vi.waitFor(() => expect(opened.state).toBe("idle"));
    await opened.updateComplete;
    expect(seenIn(opened, "status")).toBe(
      "The server can’t be reached. Open this page again later to see the last run, or press Run for a new one.",
    );
    expect(seenIn(opened, "button")).toBe("Run");
    // It may come back: the next page that is opened waits for it again.
    opened.remove();
    const later = await mount(server.url);
    expect(later.state).toBe("posted");
    pass(31_000);
    await vi.waitFor(() => expect(later.state).toBe("idle"));
    press(later);
    // The server is still gone, so the press is tried again and again.
    await vi.waitFor(async () => expect((await posts(server)).length).toBeGreaterThan(1));
  },
);

test("a run from longer ago than a server keeps any is forgotten, and nobody is asked", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  element.remove();
  const before = (await server.seen()).length;
  pass(31 * 24 * 3_600_000);
  expect((await mount(server.url)).state).toBe("idle");
  expect(kept(server)).toEqual([]);
  expect(await server.seen()).toHaveLength(before);
});
