import { expect, onTestFinished, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { accepted, ended, mount, scripted, tokenWith } from "./stage.ts";

/** A page with a button for all and blocks of these names, which run under them. */
async function page(names: string[], attributes: Record<string, string> = {}) {
  const server = scripted();
  await server.answer(...names.map((name) => accepted(name)));
  const all = document.createElement("deferred-runner-all");
  for (const [name, value] of Object.entries(attributes)) all.setAttribute(name, value);
  document.body.append(all);
  onTestFinished(() => all.remove());
  const blocks = [];
  for (const label of names) blocks.push(await mount(server.url, undefined, { label }));
  await vi.waitFor(() => expect(all.shadowRoot?.querySelector(".run")).toBeTruthy());
  const find = (selector: string) => all.shadowRoot!.querySelector<HTMLElement>(selector)!;
  const posts = async () => (await server.seen()).filter(({ method }) => method === "POST").length;
  return { server, all, blocks, find, posts };
}

const said = (find: (selector: string) => HTMLElement) =>
  find("[role=status]").textContent.replace(/\s+/g, " ").trim();

test("blocks run one after another, in the order of the page", async () => {
  const { server, find, posts } = await page(["one", "two", "three"]);
  find(".run").focus();
  await userEvent.keyboard("{Enter}");
  for (const [index, name] of ["one", "two", "three"].entries()) {
    await vi.waitFor(async () => expect(await posts()).toBe(index + 1));
    expect(said(find)).toBe(`Running ${index + 1} of 3: ${name}`);
    await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, name);
    await server.emit(ended(), name);
  }
  await vi.waitFor(() => expect(said(find)).toBe("All 3 succeeded."));
  expect(await posts()).toBe(3);
  expect(find(".stop")).toBeNull();
});

test("the first failure stops the rest and is shown", async () => {
  const { server, find, posts, blocks } = await page(["one", "two", "three"]);
  await userEvent.dblClick(find(".run"));
  await vi.waitFor(async () => expect(await posts()).toBe(1));
  await server.emit(ended(), "one");
  await vi.waitFor(async () => expect(await posts()).toBe(2));
  await server.emit(ended({ state: "failed", exit_code: 1 }), "two");
  await vi.waitFor(() => expect(said(find)).toBe("Stopped at two; 1 of 3 succeeded."));
  expect([await posts(), blocks[2]!.state]).toEqual([2, "idle"]);
  find(".show").click();
  expect(blocks[1]!.shadowRoot!.activeElement?.classList.contains("run")).toBe(true);
});

test("a block with an invalid input stops the rest, and nothing is sent for it", async () => {
  const { find, posts, blocks } = await page(["one"]);
  blocks[0]!.block = tokenWith({ inputs: { n: { type: "integer" } } });
  await blocks[0]!.updateComplete;
  find(".run").click();
  await vi.waitFor(() => expect(said(find)).toBe("Stopped at one; 0 of 1 succeeded."));
  expect(await posts()).toBe(0);
});

test("Stop cancels the block that runs, and no other begins", async () => {
  const { server, find, posts } = await page(["one", "two"]);
  find(".run").click();
  await vi.waitFor(async () => expect(await posts()).toBe(1));
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 }, "one");
  find(".stop").click();
  await vi.waitFor(async () =>
    expect((await server.seen()).map(({ method }) => method)).toContain("DELETE"),
  );
  await server.emit(ended({ state: "canceled", exit_code: null }), "one");
  await vi.waitFor(() => expect(said(find)).toBe("Stopped; 0 of 2 succeeded."));
  expect(await posts()).toBe(1);
});

test("`for` names the element whose blocks are run; a removed block ends the wait for it", async () => {
  const { find, posts, blocks } = await page(["one", "two"], { for: "chapter" });
  const chapter = Object.assign(document.createElement("section"), { id: "chapter" });
  document.body.append(chapter);
  onTestFinished(() => chapter.remove());
  find(".run").click();
  await vi.waitFor(() => expect(said(find)).toBe("There is no block to run here."));
  chapter.append(blocks[1]!);
  find(".run").click();
  await vi.waitFor(async () => expect(await posts()).toBe(1));
  expect(said(find)).toBe("Running 1 of 1: two");
  blocks[1]!.remove();
  await vi.waitFor(() => expect(said(find)).toContain("0 of 1 succeeded."));
});
