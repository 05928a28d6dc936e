import { expect, test, vi } from "vitest";
import type { StoredResult } from "../../protocol/run.ts";
import { sha256 } from "../../widget/run/sha256.ts";
import { accepted, at, ended, mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

type Server = ReturnType<typeof scripted>;
type Stage = Awaited<ReturnType<typeof mount>>;

const CODE = "puts 6 * 7";
const PAGE = `<pre><code>${CODE}</code></pre>`;

/** A token whose digest is that of `code`. */
function tokenOf(code: string, claims: object = { cache_s: 60 }): string {
  const digest = sha256(new TextEncoder().encode(`${code}\n`));
  const base64 = btoa(String.fromCharCode(...digest));
  const url = base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return tokenWith({ code: `c1-sha256-${url}`, ...claims });
}

function storedAt(server: Server, id: string, ended_at = at): StoredResult {
  return { id, result_url: `${server.url}/${id}.json`, ended_at, age_s: 7_300 };
}

/** The server has this result; `results` answers the next question of a page. */
async function serveStored(server: Server, results: (StoredResult | null)[], stdout = "42\n") {
  await server.tell({ do: "serve", path: "/v1/results", body: { results } });
  for (const one of results) {
    if (!one) continue;
    const body = { ...ended(), id: one.id, stdout, stderr: "", runtime: "ruby" };
    await server.tell({ do: "serve", path: `/${one.id}.json`, body });
  }
}

const age = (element: Stage) =>
  element.shadowRoot!.querySelector(".age")?.textContent.replace(/\s+/g, " ").trim() ?? "";
const asked = async (server: Server) =>
  (await server.seen()).filter(({ path }) => path.startsWith("/v1/results"));
const recorded = (element: Stage) => element.querySelector("output")!.getClientRects().length > 0;

test("a stored result is shown as the page opens, dated, and nothing is run", async () => {
  const server = scripted();
  await serveStored(server, [storedAt(server, "old")]);
  const element = await mount(server.url, PAGE, { block: tokenOf(CODE) });
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("42"));
  expect(age(element)).toBe("Result of 2 hours ago. It was stored; Run again makes a new one.");
  expect(element.state).toBe("idle");
  expect(seenIn(element, "button")).toBe("Run again");
  expect((await server.seen()).map(({ method }) => method)).toEqual(["GET", "GET"]);
  expect(getComputedStyle(element.shadowRoot!.querySelector("[part=output]")!).opacity).toBe("1");

  const { body } = accepted("new");
  const answer = { ...(body as object), stored: storedAt(server, "old") };
  await server.answer({ status: 202, body: answer });
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("new"));
  const post = (await server.seen()).find(({ method }) => method === "POST")!;
  expect(JSON.parse(post.body)).toMatchObject({ fresh: true });
  expect(seenIn(element, "output")).toBe("42");
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "new");
  await server.emit({ type: "output", stream: "stdout", text: "43\n" }, "new");
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("43"));
  expect(age(element)).toBe("");
});

test("the blocks of a page ask in one request, and blocks without a cache ask nothing", async () => {
  const server = scripted();
  await serveStored(server, [storedAt(server, "a"), null]);
  const [first, second, plain] = await Promise.all([
    mount(server.url, PAGE, { block: tokenOf(CODE, { cache_s: 60, jti: "a" }) }),
    mount(server.url, PAGE, { block: tokenOf(CODE, { cache_s: 60, jti: "b" }) }),
    mount(server.url, PAGE, { block: tokenOf(CODE, {}) }),
  ]);
  await vi.waitFor(() => expect(seenIn(first, "output")).toBe("42"));
  expect([seenIn(second, "output"), seenIn(plain, "output")]).toEqual(["", ""]);
  const [only, ...more] = await asked(server);
  expect(more).toEqual([]);
  expect(new URLSearchParams(only!.path.split("?")[1]).getAll("block")).toEqual([
    first.block,
    second.block,
  ]);
});

test("a page without caching blocks makes no request", async () => {
  const server = scripted();
  await mount(server.url, PAGE, { block: tokenOf(CODE, {}) });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await server.seen()).toEqual([]);
});

test("the stored result of other code than the page shows is not shown", async () => {
  const server = scripted();
  await serveStored(server, [storedAt(server, "old")]);
  const element = await mount(server.url, PAGE, { block: tokenOf("puts 1") });
  await vi.waitFor(async () => expect(await asked(server)).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await server.seen()).map(({ path }) => path)).not.toContain("/old.json");
  expect(seenIn(element, "output")).toBe("");
});

test("a press before the stored result comes wins", async () => {
  const server = scripted();
  await server.accept("new");
  await serveStored(server, [storedAt(server, "old")]);
  const element = await mount(server.url, PAGE, { block: tokenOf(CODE) });
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "new");
  await server.emit({ type: "output", stream: "stdout", text: "43\n" }, "new");
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("43"));
  expect(age(element)).toBe("");
});

test("recorded output is part of no code, and stays until a run replaces it", async () => {
  const server = scripted();
  const block = tokenOf(CODE, {});
  const inner = `${PAGE}<output><time datetime="2026-01-01">1 Jan</time><pre>41</pre></output>`;
  const element = await mount(server.url, inner, { block });
  await element.updateComplete;
  expect(recorded(element)).toBe(true);
  const frame = element.shadowRoot!.querySelector(".frame")!;
  expect(frame.textContent).toContain("Recorded by the author.");
  const box = element.querySelector("output")!.getBoundingClientRect();
  expect(box.top).toBeGreaterThan(element.querySelector("pre")!.getBoundingClientRect().bottom - 1);

  await server.answer(accepted("run1"));
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
  const post = (await server.seen()).find(({ method }) => method === "POST")!;
  expect((JSON.parse(post.body) as { code: string }).code).toBe(CODE);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(element.state).toBe("running"));
  expect(recorded(element)).toBe(true);
  await server.emit({ type: "output", stream: "stdout", text: "42\n" });
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("42"));
  expect(recorded(element)).toBe(false);
  expect(element.querySelector("output")!.textContent).toBe("1 Jan41");
});

test("recorded output stays where a run errored", async () => {
  const server = scripted();
  await server.accept();
  const inner = `${PAGE}<output>41</output>`;
  const element = await mount(server.url, inner, { block: tokenOf(CODE, {}) });
  press(element);
  await expect.poll(() => element.runId).toBe("run1");
  const reason = { code: "launch_failed", message: "No machine could be started." };
  await server.emit(ended({ state: "errored", exit_code: null, reason }));
  await vi.waitFor(() => expect(element.state).toBe("errored"));
  await element.updateComplete;
  expect(recorded(element)).toBe(true);
});

test.each([
  ["2025-12-31T00:00:00Z", false],
  ["2026-01-02T00:00:00Z", true],
])("of output recorded at %s and a stored result the newer one is shown", async (time, stays) => {
  const server = scripted();
  await serveStored(server, [storedAt(server, "old")]);
  const inner = `${PAGE}<output><time datetime="${time}">then</time><pre>41</pre></output>`;
  const element = await mount(server.url, inner, { block: tokenOf(CODE) });
  await vi.waitFor(async () => expect(await asked(server)).toHaveLength(1));
  if (stays) await new Promise((resolve) => setTimeout(resolve, 300));
  else await vi.waitFor(() => expect(seenIn(element, "output")).toBe("42"));
  expect(recorded(element)).toBe(stays);
  expect(seenIn(element, "output")).toBe(stays ? "" : "42");
});
