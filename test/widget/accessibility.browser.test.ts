import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import { accepted, at, ended, mount, press, scripted, seenIn, stop, tokenWith } from "./stage.ts";

async function violations(): Promise<string[]> {
  const { violations } = await axe.run(document.body, {
    rules: {
      // The test page is no whole page: landmarks and its title are not the element's.
      region: { enabled: false },
    },
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

const schemes = {
  light: { color: "#222", background: "#fff" },
  dark: { color: "#ddd", background: "#111" },
};

describe.each(Object.entries(schemes))("on a %s page", (_scheme, style) => {
  test("an element with inputs, an editor and a failed run has no accessibility violations", async () => {
    Object.assign(document.body.style, style);
    const server = scripted();
    await server.accept();
    const inputs = {
      count: { type: "integer", min: 1, max: 9, default: 3, label: "How many" },
      word: { type: "text", default: "hi" },
      kind: { type: "choice", values: ["a", "b"] },
      loud: { type: "boolean" },
    };
    const element = await mount(server.url, undefined, {
      block: tokenWith({ inputs, edit: true }),
    });
    expect(await violations()).toEqual([]);

    element.shadowRoot!.querySelector<HTMLElement>("[part=edit]")!.click();
    press(element);
    await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
    await server.emit({ type: "output", stream: "stdout", text: "out\n" });
    await server.emit({ type: "output", stream: "stderr", text: "err\n", cut: 2048 });
    await vi.waitFor(() => expect(seenIn(element, "output")).toContain("err"));
    expect(await violations()).toEqual([]);

    await server.emit(
      ended({
        state: "failed",
        exit_code: 3,
        artifacts: [
          { name: "a.txt", type: "text/plain", size: 12, sha256: "0".repeat(64), url: "/a.txt" },
        ],
      }),
    );
    await vi.waitFor(() => expect(element.state).toBe("failed"));
    expect(await violations()).toEqual([]);
  });

  test("an older result beside a run that waits has no accessibility violations", async () => {
    Object.assign(document.body.style, style);
    const server = scripted();
    const artifacts = [
      { name: "a.txt", type: "text/plain", size: 12, sha256: "", url: `${server.url}/a.txt` },
    ];
    const result = { ...ended({ artifacts }), id: "old", stdout: "41\n", stderr: "err\n" };
    await server.tell({ do: "serve", path: "/old.json", body: result });
    const { body } = accepted("run1");
    const stored = { id: "old", result_url: `${server.url}/old.json`, ended_at: at, age_s: 90 };
    await server.answer({ status: 202, body: { ...(body as object), stored } });
    const element = await mount(server.url);
    press(element);
    await vi.waitFor(() => expect(seenIn(element, "output")).toContain("41"));
    expect(await violations()).toEqual([]);
  });
});

test("the button is a button with a name, and the status is announced politely", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  const button = element.shadowRoot!.querySelector("[part=button]")!;
  expect(button.tagName).toBe("BUTTON");
  expect(button.textContent.trim()).toBe("Run");
  expect(button.ariaLabel).toBe("Run: puts 6 * 7");
  // Screen readers announce changes of a region that was there before.
  const region = element.shadowRoot!.querySelector("[role=status]")!;
  press(element);
  await vi.waitFor(() => expect(region.textContent).toContain("Waiting…"));
  expect(region.isConnected).toBe(true);
});

test("who types a value and runs with Enter is still in that field", async () => {
  const server = scripted();
  await server.answer({ status: 503, headers: { "retry-after": "60" } });
  const inputs = { n: { type: "integer", default: 1 }, word: { type: "text" } };
  const element = await mount(server.url, undefined, { block: tokenWith({ inputs }) });
  for (const field of element.shadowRoot!.querySelectorAll("input")) {
    field.focus();
    field.form!.requestSubmit();
    await element.updateComplete;
    expect(field.readOnly).toBe(true);
    // A field that is disabled loses the focus with the next frame.
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    expect(element.shadowRoot!.activeElement).toBe(field);
    await vi.waitFor(() => expect(seenIn(element, "status")).toContain("can’t be reached"));
    stop(element);
    await vi.waitFor(() => expect(element.state).toBe("canceled"));
    await element.updateComplete;
  }
});
