import { expect, onTestFinished, test, vi } from "vitest";
import type { Artifact } from "../../protocol/run.ts";
import { at, ended, mount, press, scripted, seenIn, stop, tokenWith } from "./stage.ts";

test("a reader sees each step of a run that waits for a machine and is retried", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  const sees = (sentence: string) =>
    vi.waitFor(() => expect(seenIn(element, "status")).toContain(sentence));

  press(element);
  await sees("Waiting…");
  await server.emit({ type: "queued" });
  await server.emit({
    type: "waking",
    phase: "setting_up",
    step: { number: 3, of: 5, name: "runtimes" },
    since: at,
    usual: { p50_s: 14, p90_s: 22, wakes: 9 },
  });
  await sees("No server available to handle the request; waking one");
  await sees("Setting up 3/5: runtimes.");
  await sees("s left.");
  await sees("This usually takes 14 to 22 s.");
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await sees("Code sent, awaiting results");
  await server.emit({ type: "output", stream: "stdout", text: "lost\n" });
  await vi.waitFor(() => expect(seenIn(element, "output")).toContain("lost"));
  await server.emit({
    type: "retrying",
    attempt: 2,
    max_attempts: 3,
    reason: { code: "machine_gone", message: "The machine went away." },
    retry_at: "2026-01-01T00:00:04.000Z",
  });
  await sees("Retrying the original request (2 of 3)");
  await sees("The machine went away. Trying again in 4 s.");
  await server.emit({ type: "attempt_started", attempt: 2, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "kept\n" });
  await server.emit(ended());
  await sees("Ended with exit status 0 after 0.4 s.");
  expect(seenIn(element, "output")).toBe("kept");
  expect(seenIn(element, "button")).toBe("Run");
  expect(element.getAttribute("state")).toBe("succeeded");
});

test("an ended run shows pictures and drawings first, other files as links, and where the result stays", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  const file = { size: 12_345, sha256: "0".repeat(64) };
  const pixel = "/pixel.png";
  await server.emit(
    ended({
      artifacts: [
        { ...file, name: "set.png", type: "image/png", url: `${location.origin}${pixel}` },
        { ...file, name: "a.svg", type: "image/svg+xml", url: `${location.origin}/a.svg` },
        { ...file, name: "bad", type: "text/plain", url: "javascript:alert(1)" },
      ],
    }),
  );
  await vi.waitFor(() => expect(seenIn(element, "artifacts")).toBe("bad PLAIN · 12 kB"));
  const root = element.shadowRoot!;
  const pictures = [...root.querySelectorAll<HTMLElement>("[part=picture]")];
  expect(pictures.map((figure) => figure.textContent.replace(/\s+/g, " ").trim())).toEqual([
    "set.png PNG · 12 kB",
    "a.svg SVG · 12 kB",
  ]);
  expect([...root.querySelectorAll("img")].map(({ alt }) => alt)).toEqual(["set.png", "a.svg"]);
  const links = [...root.querySelectorAll<HTMLAnchorElement>("a")].map(({ href }) => href);
  expect(links).toContain(`${location.origin}/a.svg`);
  expect(links).toContain("http://results.test/results/run1/result.json");
  expect(links.some((href) => href.startsWith("javascript:"))).toBe(false);
});

test("a refused block says what happened, what to do, and its code behind a disclosure", async () => {
  const server = scripted();
  await server.answer({
    status: 403,
    body: { code: "code_mismatch", title: "It was not run.", detail: "Line 3 differs." },
  });
  const element = await mount(server.url);
  const { promise: refused, resolve } = Promise.withResolvers<CustomEvent>();
  document.body.addEventListener("deferred-runner:refused", resolve, { once: true });
  press(element);
  expect((await refused).detail).toMatchObject({ code: "code_mismatch" });
  await element.updateComplete;
  expect(seenIn(element, "status")).toBe("It was not run. Line 3 differs.");
  const details = element.shadowRoot!.querySelector("details")!;
  expect(details.open).toBe(false);
  expect(details.textContent).toContain("code_mismatch");
  expect(seenIn(element, "button")).toBe("Run");
});

test("output is text, whatever it says, and a cut says how much is missing", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "<img src=x onerror=alert(1)>\n" });
  await server.emit({ type: "output", stream: "stdout", text: "\x1b[31mred\x1b[0m", cut: 70_000 });
  await vi.waitFor(() => expect(seenIn(element, "output")).toContain("red"));
  expect(seenIn(element, "output")).toContain("<img src=x onerror=alert(1)>");
  expect(seenIn(element, "output")).toContain("70 kB left out here");
  expect(seenIn(element, "output")).not.toContain("[31m");
  expect(element.shadowRoot!.querySelector("[part=output] img")).toBeNull();
});

/** A run whose output is past its limit, on the page from its beginning. */
async function longRun(artifacts: Artifact[], truncated: number) {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "head\n" });
  await server.emit({ type: "output", stream: "stdout", text: "tail\n", cut: truncated });
  await server.emit(
    ended({ artifacts, truncated: { stdout: truncated, stderr: 0, artifacts: 0 } }),
  );
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await element.updateComplete;
  return [...element.shadowRoot!.querySelectorAll<HTMLAnchorElement>(".cut-words a")].map(
    ({ textContent, href }) => [textContent, href],
  );
}

const file = (name: string, size: number): Artifact => ({
  ...{ name, size, type: "text/plain", sha256: "0".repeat(64) },
  url: `${location.origin}/${name}`,
});

test("all of a long output is where all of it is", async () => {
  const here = location.origin;
  expect(await longRun([], 70_000)).toEqual([]);
  expect(await longRun([file("output.txt", 135_536)], 70_000)).toEqual([
    ["All of it", `${here}/output.txt`],
  ]);
  expect(await longRun([file("output.txt", 10_000_000)], 70_000_000)).toEqual([
    ["The first 10.0\u00a0MB of it", `${here}/output.txt`],
  ]);
  // A file of the program's own has the name.
  const both = [file("output.txt", 12), file("output-all.txt", 135_536)];
  expect(await longRun(both, 70_000)).toEqual([["All of it", `${here}/output-all.txt`]]);
});

test("what was cut stays said where the pieces around it left the page", async () => {
  const server = scripted();
  await server.accept();
  const block = tokenWith({ limits: { output_kb: 12_000 } });
  const element = await mount(server.url, undefined, { block });
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  const text = `${"x".repeat(99)}\n`.repeat(1_200);
  await server.emit({ type: "output", stream: "stdout", text });
  await server.emit({ type: "output", stream: "stdout", text, cut: 8_851_424 });
  for (let i = 0; i < 3; i++) await server.emit({ type: "output", stream: "stdout", text });
  await vi.waitFor(() =>
    expect(seenIn(element, "output")).toContain(
      "of earlier output left this page, and 8.9 MB were left out: past the output limit of 1,024 KiB.",
    ),
  );
});

test("a countdown counts, and is not announced", async () => {
  const server = scripted();
  await server.answer({ status: 429, headers: { "retry-after": "50" } });
  const element = await mount(server.url);
  press(element);
  const seconds = () => Number(/(\d+) s/.exec(seenIn(element, "status"))?.[1]);
  await vi.waitFor(() => expect(seconds()).toBeGreaterThan(40));
  const first = seconds();
  const live = element.shadowRoot!.querySelector("[role=status]")!;
  const announced = vi.fn<() => void>();
  const observer = new MutationObserver(announced);
  observer.observe(live, { childList: true, characterData: true, subtree: true });
  onTestFinished(() => observer.disconnect());
  await vi.waitFor(() => expect(seconds()).toBeLessThan(first));
  expect(announced).not.toHaveBeenCalled();
  expect(element.shadowRoot!.querySelectorAll("[role=status],[aria-live]")).toHaveLength(1);
});

test("events of the element cross shadow roots, in the order things happened", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  const heard: string[] = [];
  for (const name of ["state", "output", "ended"] as const) {
    element.addEventListener(`deferred-runner:${name}`, (event) => {
      heard.push(name === "state" ? element.state : name);
      expect(event.composed && event.bubbles).toBe(true);
    });
  }
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "a" });
  await server.emit(ended());
  await vi.waitFor(() =>
    expect(heard).toEqual(["posted", "running", "output", "succeeded", "ended"]),
  );
});

test("the state attribute is right from the first moment, and of a copy", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  expect(element.getAttribute("state")).toBe("idle");
  press(element);
  expect(element.getAttribute("state")).toBe("posted");
  await server.emit(ended());
  await vi.waitFor(() => expect(element.getAttribute("state")).toBe("succeeded"));
  const holder = document.createElement("div");
  holder.innerHTML = element.outerHTML;
  const copies = [element.cloneNode(true) as typeof element, holder.firstElementChild!];
  document.body.append(...copies);
  onTestFinished(() => copies.forEach((copy) => copy.remove()));
  for (const copy of copies as (typeof element)[]) {
    expect([copy.getAttribute("state"), copy.state]).toEqual(["idle", "idle"]);
  }
});

test("Stop gives the run up with its cancel token", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(element.state).toBe("running"));
  expect(seenIn(element, "stop")).toBe("Stop");
  stop(element);
  await vi.waitFor(async () => {
    const call = (await server.seen()).find(({ method }) => method === "DELETE");
    expect(call?.path).toBe("/v1/runs/run1");
    expect(call?.headers["authorization"]).toBe("Bearer token-of-run1");
  });
  expect(element.state).toBe("running");
  await server.emit(ended({ state: "canceled", exit_code: null }));
  await vi.waitFor(() => expect(seenIn(element, "status")).toBe("The run was canceled."));
});

test("what a page sets on the element before the script came counts", async () => {
  const server = scripted();
  await server.accept();
  // Of a page without scripts, so nothing is defined there.
  const page = document.implementation.createHTMLDocument();
  const element = page.createElement("deferred-runner");
  Object.assign(element, { server: server.url, block: "a.e30.c", label: "An example" });
  document.body.append(element);
  onTestFinished(() => element.remove());
  await element.updateComplete;
  expect(element.getAttribute("block")).toBe("a.e30.c");
  expect(element.shadowRoot!.querySelector("[role=group]")!.ariaLabel).toBe("An example");
  press(element);
  await vi.waitFor(() => expect(element.runId).toBe("run1"));
});

test("Stop of a run that others wait for as well ends it for this reader", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(element.state).toBe("running"));
  await server.tell({ do: "serve", path: "/v1/runs/run1", body: { id: "run1", state: "running" } });
  stop(element);
  await vi.waitFor(() =>
    expect(seenIn(element, "status")).toBe(
      "You left the run. It goes on for others who asked for it.",
    ),
  );
  expect(element.state).toBe("canceled");
  expect(seenIn(element, "stop")).toBe("");
});

test("on a page that keeps its blanks, the element is as high as on any other", async () => {
  const server = scripted();
  await server.answer({ status: 403, body: { code: "block_revoked", title: "It was not run." } });
  const element = await mount(server.url);
  press(element);
  await vi.waitFor(() => expect(element.state).toBe("refused"));
  await element.updateComplete;
  await Promise.all(element.shadowRoot!.getAnimations().map(({ finished }) => finished));
  const height = element.offsetHeight;
  document.body.style.whiteSpace = "pre-wrap";
  onTestFinished(() => void document.body.style.removeProperty("white-space"));
  expect(element.offsetHeight).toBe(height);
});
