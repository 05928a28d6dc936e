import { expect, test, vi } from "vitest";
import type { StoredResult } from "../../protocol/run.ts";
import { accepted, at, ended, mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

type Server = ReturnType<typeof scripted>;
type Stage = Awaited<ReturnType<typeof mount>>;

function stored(server: Server, id: string, age_s: number): StoredResult {
  return { id, result_url: `${server.url}/${id}.json`, ended_at: at, age_s };
}

/** The server answers with the run itself, from storage. */
async function answerFromStorage(server: Server, age_s: number): Promise<void> {
  const { body } = accepted("old");
  await server.answer({
    status: 200,
    body: { ...(body as object), state: "succeeded", stored: stored(server, "old", age_s) },
  });
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "old");
  await server.emit({ type: "output", stream: "stdout", text: "42\n" }, "old");
  await server.emit(ended(), "old");
}

/** The server has begun a run, and has an older result. */
async function answerWithOlder(server: Server, age_s: number, stdout = "41\n"): Promise<void> {
  const artifacts = [
    { name: "a.txt", type: "text/plain", size: 1, sha256: "", url: `${server.url}/a.txt` },
  ];
  const result = { ...ended({ artifacts }), id: "old", stdout, stderr: "", runtime: "node" };
  await server.tell({ do: "serve", path: "/old.json", body: result });
  const { body } = accepted("new");
  await server.answer({
    status: 202,
    body: { ...(body as object), stored: stored(server, "old", age_s) },
  });
}

const aged = (element: Stage) => element.shadowRoot!.querySelector<HTMLElement>(".age");
/** Empty where no result has an age. */
const words = (element: Stage) => (aged(element)?.textContent ?? "").replace(/\s+/g, " ").trim();
const isOlder = (element: Stage) =>
  getComputedStyle(element.shadowRoot!.querySelector("[part=output]")!).opacity !== "1";
const posts = async (server: Server) =>
  (await server.seen())
    .filter(({ method }) => method === "POST")
    .map(({ body }) => JSON.parse(body) as { fresh?: boolean });

test("a stored result says how old it is, and Run again asks for one that is not stored", async () => {
  const server = scripted();
  await answerFromStorage(server, 190);
  const element = await mount(server.url, undefined, { block: tokenWith({ cache_s: 600 }) });
  press(element);
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await element.updateComplete;
  expect(seenIn(element, "output")).toBe("42");
  expect(words(element)).toBe("Result of 3 minutes ago. It was stored; Run again makes a new one.");
  const time = aged(element)!.querySelector("time")!;
  const exact = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short" });
  expect(time.title).toBe(exact.format(new Date(at)));
  expect(time.dateTime).toBe(at);
  expect(isOlder(element)).toBe(false);
  expect(seenIn(element, "button")).toBe("Run again");

  await answerWithOlder(server, 191);
  press(element);
  // What is on the page stays there at once, not only when the server has answered.
  await element.updateComplete;
  expect(seenIn(element, "output")).toBe("42");
  expect(isOlder(element)).toBe(true);
  expect(seenIn(element, "stop")).toBe("Stop");
  await vi.waitFor(() => expect(element.runId).toBe("new"));
  expect(await posts(server)).toMatchObject([{}, { fresh: true }]);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "new");
  await server.emit({ type: "output", stream: "stdout", text: "43\n" }, "new");
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("43"));
  await server.emit(ended(), "new");
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await element.updateComplete;
  expect(seenIn(element, "button")).toBe("Run");
  expect(words(element)).toBe("");
  press(element);
  await vi.waitFor(async () => expect(await posts(server)).toHaveLength(3));
  expect((await posts(server))[2]!.fresh).toBeUndefined();
});

test("once the reader has changed an input, the stored result is another request's", async () => {
  const server = scripted();
  await answerFromStorage(server, 5);
  const block = tokenWith({ cache_s: 600, inputs: { n: { type: "integer", default: 1 } } });
  const element = await mount(server.url, undefined, { block });
  press(element);
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await vi.waitFor(() => expect(seenIn(element, "button")).toBe("Run again"));
  const field = element.shadowRoot!.querySelector<HTMLInputElement>("[name=n]")!;
  field.value = "2";
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  await element.updateComplete;
  expect(seenIn(element, "button")).toBe("Run");
  press(element);
  await vi.waitFor(async () => expect(await posts(server)).toHaveLength(2));
  expect((await posts(server))[1]!.fresh).toBeUndefined();
});

test("an older result is shown at once, marked, while a machine wakes, until there is output", async () => {
  const server = scripted();
  await answerWithOlder(server, 7_300);
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("41"));
  expect(isOlder(element)).toBe(true);
  await vi.waitFor(() => expect(seenIn(element, "artifacts")).toContain("a.txt"));
  expect(words(element)).toBe(
    "Result of 2 hours ago. The last result is shown until the new one comes.",
  );
  await server.emit({ type: "queued" }, "new");
  await server.emit({ type: "waking", phase: "booting", since: at }, "new");
  await vi.waitFor(() => expect(seenIn(element, "status")).toContain("waking one"));
  expect(seenIn(element, "output")).toBe("41");
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "new");
  await vi.waitFor(() => expect(element.state).toBe("running"));
  expect(seenIn(element, "output")).toBe("41");
  await server.emit({ type: "output", stream: "stderr", text: "new" }, "new");
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("new"));
  expect(isOlder(element)).toBe(false);
  expect(words(element)).toBe("");
  expect(element.shadowRoot!.querySelector("[part=artifacts]")).toBeNull();
});

test("a new run that prints nothing replaces the older result when it ends", async () => {
  const server = scripted();
  await answerWithOlder(server, 60);
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("41"));
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "new");
  await server.emit(ended({ state: "failed", exit_code: 1 }), "new");
  await vi.waitFor(() => expect(element.state).toBe("failed"));
  await element.updateComplete;
  expect(element.shadowRoot!.textContent).toContain("The program printed nothing.");
  expect(words(element)).toBe("");
});

test.each(["errored", "canceled"] as const)(
  "an older result stays, marked, where the new run is %s",
  async (state) => {
    const server = scripted();
    await answerWithOlder(server, 200_000);
    const element = await mount(server.url);
    press(element);
    await vi.waitFor(() => expect(seenIn(element, "output")).toBe("41"));
    await server.emit(ended({ state, exit_code: null }), "new");
    await vi.waitFor(() => expect(element.state).toBe(state));
    await element.updateComplete;
    expect(seenIn(element, "output")).toBe("41");
    expect(isOlder(element)).toBe(true);
    expect(words(element)).toBe("Result of 2 days ago. No newer result came.");
    expect(seenIn(element, "button")).toBe("Run");
    const links = [...element.shadowRoot!.querySelectorAll<HTMLAnchorElement>(".foot a")];
    expect(links.map(({ href }) => href)).toEqual([`${server.url}/old.json`]);
  },
);

test("where the older result can't be read, the new run is waited for as ever", async () => {
  const server = scripted();
  const { body } = accepted("new");
  const lost = stored(server, "lost", 60);
  await server.answer({ status: 202, body: { ...(body as object), stored: lost } });
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "new");
  await vi.waitFor(() => expect(element.state).toBe("running"));
  expect(words(element)).toBe("");
  await server.emit(ended(), "new");
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  expect(words(element)).toBe("");
});
