import { expect, onTestFinished, test, vi } from "vitest";
import { accepted, ended, mount, press, scripted, seenIn, stop, tokenWith } from "./stage.ts";

test("a press while the server restarts is neither lost nor doubled", async () => {
  const server = scripted();
  await server.answer(
    { status: 0 },
    { status: 522, headers: { "retry-after": "0" }, body: { code: "overloaded" } },
    accepted("run1"),
  );
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  const posts = (await server.seen()).filter(({ method }) => method === "POST");
  expect(posts).toHaveLength(3);
  const keys = posts.map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]!.length).toBeGreaterThanOrEqual(16);
  // Not at once, whatever it says: a page must not ask as fast as it can.
  expect(posts[2]!.at - posts[1]!.at).toBeGreaterThan(900);
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
});

test("Stop before the server could be reached withdraws the request", async () => {
  const server = scripted();
  await server.answer({ status: 503, headers: { "retry-after": "60" } });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(seenIn(element, "status")).toContain("can’t be reached"));
  stop(element);
  await vi.waitFor(() => expect(element.state).toBe("canceled"));
});

test("a stream that breaks goes on where it stopped, and what comes twice counts once", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "one " });
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("one"));
  await server.tell({ do: "drop", refuse: 1 });
  await server.emit({ type: "output", stream: "stdout", text: "two " });
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  expect(seenIn(element, "output")).toBe("one two");
  const streams = (await server.seen())
    .map(({ path }) => path)
    .filter((p) => p.includes("events?"));
  expect(streams.at(-1)).toBe("/v1/events?runs=run1:2");
});

test("where streams do not get through, the run is polled to its result", async () => {
  const server = scripted();
  await server.answer({
    ...accepted("run1"),
    body: { ...(accepted("run1").body as object), result_url: `${server.url}/r.json` },
  });
  await server.tell({ do: "drop", refuse: 99 });
  const ending = ended({ state: "failed", exit_code: 3 });
  await server.tell({
    do: "serve",
    path: "/v1/runs/run1",
    body: { id: "run1", state: "failed", ending, result_url: `${server.url}/r.json` },
  });
  await server.tell({
    do: "serve",
    path: "/r.json",
    body: { ...ending, id: "run1", stdout: "out\n", stderr: "err\n", runtime: "node", receipt: "" },
  });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.state).toBe("failed"));
  await element.updateComplete;
  expect(seenIn(element, "output")).toBe("out err");
});

test.each([0, 404])(
  "where the server itself is gone (%i), the result is read from storage once it is there",
  async (status) => {
    const server = scripted();
    await server.answer({
      ...accepted("run1"),
      body: { ...(accepted("run1").body as object), result_url: `${server.url}/r.json` },
    });
    const element = await mount(server.url);
    press(element);
    await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
    await vi.waitFor(() => expect(element.state).toBe("running"));
    await server.tell({ do: "go", status });
    await vi.waitFor(() => expect(seenIn(element, "status")).toContain("can’t be reached"));
    const body = {
      ...ended(),
      id: "run1",
      stdout: "out\n",
      stderr: "",
      runtime: "node",
      receipt: "",
    };
    await server.tell({ do: "serve", path: "/r.json", body });
    await vi.waitFor(() => expect(element.state).toBe("succeeded"));
    expect(seenIn(element, "output")).toBe("out");
  },
);

test("eight blocks pressed at once share one stream and do not mix", async () => {
  const server = scripted();
  const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
  await server.answer(...ids.map(accepted), accepted("none"));
  const elements = await Promise.all(ids.map(() => mount(server.url)));
  for (const element of elements) press(element);
  const streams = async () =>
    (await server.seen()).map(({ path }) => path).filter((path) => path.includes("events?"));
  // One for the first that is answered; where others are late, others in its place until they have joined.
  const shared = await vi.waitFor(async () => {
    const opened = await streams();
    expect(ids.filter((id) => !opened.at(-1)?.includes(`${id}:`))).toEqual([]);
    return opened;
  });
  for (const id of ids) {
    await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, id);
    await server.emit({ type: "output", stream: "stdout", text: `I am ${id}` }, id);
    await server.emit(ended(), id);
  }
  await vi.waitFor(() => expect(elements.every(({ state }) => state === "succeeded")).toBe(true));
  for (const element of elements) {
    await element.updateComplete;
    expect(seenIn(element, "output")).toBe(`I am ${element.runId}`);
  }
  expect(await streams()).toEqual(shared);
});

test("a block that joins a run late sees all of it, as the one that began it does", async () => {
  const server = scripted();
  await server.accept();
  const [first, second] = [await mount(server.url), await mount(server.url)];
  press(first);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "one " });
  await vi.waitFor(() => expect(seenIn(first, "output")).toBe("one"));
  press(second);
  await vi.waitFor(() => expect(second.runId).toBe("run1"));
  await server.emit({ type: "output", stream: "stdout", text: "two" });
  await server.emit(ended());
  for (const element of [first, second]) {
    await vi.waitFor(() => expect(element.state).toBe("succeeded"));
    await element.updateComplete;
    expect(seenIn(element, "output")).toBe("one two");
  }
});

test("a page that names a wrong server is told so, and Run can be pressed again", async () => {
  const server = scripted();
  await server.answer({ status: 404, body: "<h1>Not here</h1>" });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.state).toBe("refused"));
  await element.updateComplete;
  expect(seenIn(element, "status")).toContain("The server answered with status 404.");
  expect(seenIn(element, "button")).toBe("Run");
});

test.each([null, [], "x", { id: 7 }])(
  "an answer of %j is no run's: the page is told, and Run can be pressed again",
  async (body) => {
    const element = await mount(`${location.origin}/scripted`);
    const asked = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(async () => Response.json(body, { status: 202 }));
    onTestFinished(() => asked.mockRestore());
    press(element);
    await vi.waitFor(() => expect(element.state).toBe("refused"));
    await element.updateComplete;
    expect(seenIn(element, "status")).toContain("This address is no Deferred Runner server");
    expect(seenIn(element, "button")).toBe("Run");
  },
);

test.each(["https://", "javascript:alert(1)", "ftp://runner.test"])(
  "a page that names %s as the server still shows its code, and says so at a press",
  async (server) => {
    const element = await mount(server);
    press(element);
    await vi.waitFor(() => expect(element.state).toBe("refused"));
    await element.updateComplete;
    expect(seenIn(element, "status")).toContain("This address is no Deferred Runner server");
  },
);

test("an element that is taken out while its press is on its way leaves the run to the next one", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  element.remove();
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit(ended());
  const opened = await mount(server.url);
  await vi.waitFor(() => expect(opened.state).toBe("succeeded"));
  expect(element.state).toBe("posted");
  const streams = (await server.seen()).filter(({ path }) => path.includes("events?"));
  expect(streams).toHaveLength(1);
});

test("an element that is given another block shows that one's run alone, and has its own back with its block", async () => {
  const server = scripted();
  await server.accept();
  const input = (name: string) => ({ inputs: { [name]: { type: "integer", default: 1 } } });
  const [first, second] = [tokenWith(input("a")), tokenWith(input("b")) + "d".repeat(43)];
  const element = await mount(server.url, undefined, { block: first });
  element.shadowRoot!.querySelector("input")!.value = "7";
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "of the first" });
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("of the first"));
  const states: string[] = [];
  element.addEventListener("deferred-runner:state", ({ detail }) => states.push(detail.state));
  element.block = second;
  await element.updateComplete;
  expect([element.state, element.getAttribute("state"), ...states]).toEqual([
    "idle",
    "idle",
    "idle",
  ]);
  expect(seenIn(element, "output")).toBe("");
  expect(element.shadowRoot!.querySelector("input")!.value).toBe("1");
  element.block = first;
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("of the first"));
  expect(element.shadowRoot!.querySelector("input")!.value).toBe("7");
});

test("an element that is moved within its page goes on with its run", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "one " });
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("one"));
  document.body.prepend(element);
  await server.emit({ type: "output", stream: "stdout", text: "two" });
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await element.updateComplete;
  expect(seenIn(element, "output")).toBe("one two");
});

test("a Stop that fails can be pressed again", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(element.state).toBe("running"));
  stop(element);
  await vi.waitFor(async () =>
    expect((await server.seen()).filter(({ method }) => method === "DELETE")).toHaveLength(1),
  );
  await vi.waitFor(() => expect(seenIn(element, "status")).toBe("Code sent, awaiting results"));
  stop(element);
  await vi.waitFor(async () =>
    expect((await server.seen()).filter(({ method }) => method === "DELETE")).toHaveLength(2),
  );
});
