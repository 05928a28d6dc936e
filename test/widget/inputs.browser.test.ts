import { expect, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { InputSpec } from "../../protocol/claims.ts";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { mount, press, scripted, tokenWith } from "./stage.ts";

async function withInputs(inputs: Record<string, InputSpec>) {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url, undefined, { block: tokenWith({ inputs }) });
  await vi.waitFor(() => expect(element.shadowRoot!.querySelector("form")).not.toBeNull());
  return { server, element };
}

const field = (element: DeferredRunnerElement, name: string) =>
  element.shadowRoot!.querySelector<HTMLInputElement>(`[name=${name}]`)!;
/** What stands at the field, as the field's description says it. */
const note = (element: DeferredRunnerElement, name: string) => {
  const id = field(element, name).getAttribute("aria-describedby")!;
  return element.shadowRoot!.getElementById(id)!.textContent.replace(/\s+/g, " ").trim();
};
const posts = async (server: ReturnType<typeof scripted>) =>
  (await server.seen())
    .filter(({ method }) => method === "POST")
    .map(({ body }) => (JSON.parse(body) as { inputs: object }).inputs);

async function fill(element: DeferredRunnerElement, name: string, text: string): Promise<void> {
  field(element, name).focus();
  field(element, name).select();
  await userEvent.keyboard(text === "" ? "{Delete}" : text);
  await element.updateComplete;
}

test("bounds, unit and hint stand at the field", async () => {
  const { element } = await withInputs({
    n: { type: "integer", min: 2, max: 100, default: 6, unit: "cm", hint: "The longer side" },
    word: { type: "text", max_length: 20 },
  });
  expect(note(element, "n")).toBe("The longer side · 2 to 100");
  expect(element.shadowRoot!.querySelector(".unit")!.textContent).toBe("cm");
  expect(note(element, "word")).toBe("20 bytes at most");
});

test("an emptied number says which value is used, and that value is sent", async () => {
  const { element, server } = await withInputs({ n: { type: "integer", default: 6 } });
  await fill(element, "n", "");
  expect(note(element, "n")).toBe("A whole number · Empty: 6 is used.");
  press(element);
  await expect.poll(() => element.runId).toBe("run1");
  expect(await posts(server)).toEqual([{}]);
});

test("a fault stands at its field before a press, in the server's words, and nothing is sent", async () => {
  const { element, server } = await withInputs({
    n: { type: "integer", min: 2, max: 100, default: 6 },
    need: { type: "number" },
  });
  await fill(element, "n", "1");
  expect(note(element, "n")).toBe("2 to 100 It has to be 2 or more.");
  expect(field(element, "n").getAttribute("aria-invalid")).toBe("true");
  await fill(element, "n", "2.5");
  expect(note(element, "n")).toContain("It has to be a whole number.");
  await fill(element, "n", "7");
  expect(note(element, "n")).toBe("2 to 100");
  press(element);
  await element.updateComplete;
  expect(note(element, "need")).toBe("It needs a value.");
  expect(element.shadowRoot!.activeElement).toBe(field(element, "need"));
  expect(element.state).toBe("idle");
  expect(await posts(server)).toEqual([]);
  await fill(element, "need", "0.5");
  press(element);
  await expect.poll(() => element.runId).toBe("run1");
  expect(await posts(server)).toEqual([{ n: 7, need: 0.5 }]);
});

test("a text is counted in bytes, as the server counts, and the count is shown near its bound", async () => {
  const { element, server } = await withInputs({ word: { type: "text", max_length: 20 } });
  await fill(element, "word", "abc");
  expect(note(element, "word")).toBe("20 bytes at most");
  await fill(element, "word", "ü".repeat(8));
  expect(note(element, "word")).toBe("16 of 20 bytes, in 8 characters");
  await fill(element, "word", "ü".repeat(11));
  expect(note(element, "word")).toContain("It may have 20 bytes at most.");
  press(element);
  await element.updateComplete;
  expect(await posts(server)).toEqual([]);
});

test("standard input is a field of several lines: pasted lines stay, Enter makes one, Ctrl+Enter runs", async () => {
  const { element, server } = await withInputs({
    lines: { type: "text", as: "stdin", default: "one\ntwo", max_length: 20 },
    word: { type: "text", default: "w" },
  });
  expect(field(element, "lines").localName).toBe("textarea");
  expect(field(element, "lines").value).toBe("one\ntwo");
  field(element, "lines").focus();
  field(element, "lines").select();
  document.execCommand("insertText", false, "3\n1\n2");
  await userEvent.keyboard("{Enter}ü");
  await element.updateComplete;
  expect([field(element, "lines").value, element.state]).toEqual(["3\n1\n2\nü", "idle"]);
  await userEvent.keyboard("{Enter}0123456");
  await element.updateComplete;
  expect(note(element, "lines")).toBe("16 of 20 bytes, in 15 characters");
  await userEvent.keyboard("{Control>}{Enter}{/Control}");
  await expect.poll(() => element.runId).toBe("run1");
  expect(await posts(server)).toEqual([{ lines: "3\n1\n2\nü\n0123456", word: "w" }]);
});
