import { expect, onTestFinished, test, vi } from "vitest";
import { accepted, ended, mount, press, scripted, seenIn, stop } from "./stage.ts";

const started = { type: "attempt_started", attempt: 1, max_attempts: 3 } as const;
const printed = (text: string) => ({ type: "output", stream: "stdout", text }) as const;
type Server = ReturnType<typeof scripted>;
const callsOf = async (server: Server, path: RegExp) =>
  (await server.seen()).filter((call) => path.test(call.path));

/** The machine sleeps for a minute: its clock goes on, its timers do not. */
function sleepAMinute(): void {
  const real = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => real.call(Date) + 60_000);
  onTestFinished(() => void vi.restoreAllMocks());
}

/** The clock runs so many times as fast; timers do not. */
function passTime(times: number): void {
  const real = Date.now;
  const began = real.call(Date);
  vi.spyOn(Date, "now").mockImplementation(() => began + (real.call(Date) - began) * times);
  onTestFinished(() => void vi.restoreAllMocks());
}

test("after a sleep, a dead connection is noticed, and the elapsed time is right", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit(started);
  await server.emit(printed("one "));
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("one"));
  await server.tell({ do: "stall" });
  await server.emit(printed("two"));
  sleepAMinute();
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("one two"));
  // The part that writes minutes is loaded by then.
  const elapsed = () => element.shadowRoot!.querySelector(".elapsed")!.textContent;
  await vi.waitFor(() => expect(elapsed()).toMatch(/^1\smin\s\d+\ss$/));
  expect(seenIn(element, "status")).toBe("Code sent, awaiting results");
});

test.each(["online", "pageshow"])(
  "on %s, a doubtful connection is opened anew at once",
  async (event) => {
    const server = scripted();
    await server.accept();
    const element = await mount(server.url);
    press(element);
    await server.emit(started);
    await vi.waitFor(() => expect(element.state).toBe("running"));
    await server.tell({ do: "stall" });
    await server.emit(ended());
    if (event === "pageshow") dispatchEvent(new PageTransitionEvent("pagehide"));
    dispatchEvent(new Event(event));
    await vi.waitFor(() => expect(element.state).toBe("succeeded"), 15_000);
  },
);

test("a press while offline is sent as soon as the device is online again", async () => {
  const server = scripted();
  await server.answer({ status: 503 });
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  onTestFinished(() => void vi.restoreAllMocks());
  const element = await mount(server.url);
  // No wait ends by itself.
  vi.spyOn(globalThis, "setTimeout").mockReturnValue(0 as never);
  press(element);
  await vi.waitFor(() =>
    expect(seenIn(element, "status")).toBe(
      "This device is offline. Trying again; the request is kept.",
    ),
  );
  await server.accept();
  dispatchEvent(new Event("online"));
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
});

test.each(["start", "events"] as const)(
  "a proxy that holds streams back from their %s on does not keep the result back",
  async (from) => {
    const server = scripted();
    const result_url = `${server.url}/r.json`;
    const { status, body } = accepted("run1");
    await server.answer({ status, body: { ...(body as object), result_url } });
    await server.tell({ do: "hold", from });
    const element = await mount(server.url);
    passTime(100);
    press(element);
    await vi.waitFor(() => expect(element.runId).toBe("run1"));
    const result = { ...ended(), id: "run1", stdout: "out\n", stderr: "", runtime: "node" };
    await server.tell({ do: "serve", path: "/r.json", body: result });
    await server.emit(ended());
    await vi.waitFor(() => expect(seenIn(element, "output")).toBe("out"));
  },
);

test("a server that has no room for a stream is asked for the run, and for a stream when it said", async () => {
  const server = scripted();
  await server.accept();
  await server.tell({ do: "drop", refuse: 1, retryAfterS: 2 });
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "queued" });
  await server.emit(started);
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"), 15_000);
  const [declined, asked] = (await server.seen()).filter(({ method }) => method === "GET");
  expect(declined!.path).toContain("/v1/events");
  expect(asked!.path).toBe("/v1/runs/run1");
  const streams = await callsOf(server, /events/);
  expect(streams[1]?.at ?? Infinity).toBeGreaterThan(declined!.at + 2_000);
});

test("a block that is pressed while the server has no room for streams is asked for at once", async () => {
  const server = scripted();
  await server.tell({ do: "drop", refuse: 99, retryAfterS: 600 });
  for (const run of ["run1", "run2"]) {
    await server.accept(run);
    await server.emit({ type: "queued" }, run);
    await server.emit(started, run);
    const element = await mount(server.url);
    press(element);
    await vi.waitFor(() => expect(element.state).toBe("running"), 15_000);
  }
});

test("a full queue says so, and when the press is sent again", async () => {
  const server = scripted();
  const title = "Too many runs wait already: try again after the time in Retry-After.";
  const body = { code: "queue_full", title };
  await server.answer({ status: 503, headers: { "retry-after": "60" }, body });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() =>
    expect(seenIn(element, "status")).toMatch(
      /^Waiting… Too many runs wait already\. Trying again in 1 min \d+ s; the request is kept\.$/,
    ),
  );
});

test("a run that waits for others says its place, and no more once it has begun", async () => {
  const server = scripted();
  await server.accept();
  const view = { id: "run1", state: "queued", last_event: 1, position: 3 };
  await server.tell({ do: "serve", path: "/v1/runs/run1", body: view });
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "queued" });
  await vi.waitFor(
    () => expect(seenIn(element, "status")).toBe("Waiting… Number 3 in line."),
    4_000,
  );
  await server.emit(started);
  await vi.waitFor(() => expect(seenIn(element, "status")).toBe("Code sent, awaiting results"));
});

test("text that only a program takes for a line's end arrives whole", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit(started);
  await server.emit(printed("a\u2028b\u0085c"));
  await vi.waitFor(() =>
    expect(element.shadowRoot!.querySelector("[part=output] pre")!.textContent).toBe(
      "a\u2028b\u0085c",
    ),
  );
});

test("a page that is rendered ahead asks for nothing until somebody opens it", async () => {
  const server = scripted();
  await server.accept();
  Object.defineProperty(document, "prerendering", { value: true, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(document, "prerendering"));
  const element = await mount(server.url);
  const asking = Promise.all([element.run(), element.run()]);
  await element.updateComplete;
  expect(element.state).toBe("idle");
  expect(await server.seen()).toEqual([]);
  Reflect.deleteProperty(document, "prerendering");
  document.dispatchEvent(new Event("prerenderingchange"));
  await asking;
  expect(await callsOf(server, /^\/v1\/runs$/)).toHaveLength(1);
});

test("where the server answers and the page may not read it, it gives up and says what to look at", async () => {
  const server = scripted();
  // A browser tells a page the same of a connection that was cut and of an answer without CORS headers.
  await server.answer({ status: 0 });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => {
    // Looking at the page again ends a pause.
    window.dispatchEvent(new Event("pageshow"));
    expect(element.state).toBe("refused");
  });
  await element.updateComplete;
  expect(seenIn(element, "status")).toBe(
    "The server answers, but this page may not read what it says. Its operator has to let error answers through the proxy as they are, with their CORS headers.",
  );
  const calls = await server.seen();
  expect(calls.filter(({ path }) => path === "/healthz")).toHaveLength(1);
  const posts = calls.filter(({ method }) => method === "POST");
  expect(posts.length).toBeGreaterThanOrEqual(7);
  expect(new Set(posts.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
});

test("where nothing answers at all, it goes on asking", async () => {
  const server = scripted();
  await server.answer({ status: 0 });
  const element = await mount("http://127.0.0.1:1");
  press(element);
  let times = 0;
  await vi.waitFor(() => {
    window.dispatchEvent(new Event("pageshow"));
    expect(++times).toBeGreaterThan(30);
  });
  expect(element.state).toBe("posted");
  stop(element);
});

test("an address that has no such call is told to be no server", async () => {
  const server = scripted();
  await server.answer({ status: 404, body: "<h1>Not found</h1>" });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.state).toBe("refused"));
  await element.updateComplete;
  expect(seenIn(element, "status")).toBe(
    "The server answered with status 404. This address is no Deferred Runner server: the page has to name the right one.",
  );
});
