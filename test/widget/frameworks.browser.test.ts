import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { expect, onTestFinished, test, vi } from "vitest";
import { createApp, h, shallowRef } from "vue";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { ended, press, scripted, seenIn } from "./stage.ts";

const CODE = "puts 6 * 7";
const runner = () => document.querySelector<DeferredRunnerElement>("#app deferred-runner");

/** An element for a framework to render into, and to be taken out again when the test is over. */
function appRoot(): HTMLElement {
  const root = document.createElement("div");
  root.id = "app";
  document.body.append(root);
  onTestFinished(() => root.remove());
  return root;
}

interface Props {
  block: string;
  server: string;
  label: string;
  ended: () => void;
}

/** Renders an author's component; without properties, nothing in its place. */
type Render = (props: Props | undefined) => void;

function inReact(): Render {
  const root = createRoot(appRoot());
  onTestFinished(() => root.unmount());
  return (props) =>
    root.render(
      createElement(
        StrictMode,
        null,
        props &&
          createElement(
            "deferred-runner",
            {
              block: props.block,
              server: props.server,
              label: props.label,
              "ondeferred-runner:ended": props.ended,
            },
            createElement("pre", null, createElement("code", null, CODE)),
          ),
      ),
    );
}

function inVue(): Render {
  const shown = shallowRef<Props>();
  const app = createApp(() => {
    if (!shown.value) return [];
    const { ended: onEnded, ...attributes } = shown.value;
    return h("deferred-runner", { ...attributes, "onDeferred-runner:ended": onEnded }, [
      h("pre", h("code", CODE)),
    ]);
  });
  app.mount(appRoot());
  onTestFinished(() => app.unmount());
  return (props) => (shown.value = props);
}

test.each([
  ["React", inReact],
  ["Vue", inVue],
])(
  "a run goes on in %s while its component is rendered again, taken away and brought back",
  async (_name, start) => {
    const server = scripted();
    await server.accept();
    const render = start();
    const props = { block: "a.e30.c", server: server.url, label: "One", ended: vi.fn() };
    render(props);
    await vi.waitFor(() => expect(runner()?.state).toBe("idle"));
    await runner()!.updateComplete;
    press(runner()!);
    await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
    await server.emit({ type: "output", stream: "stdout", text: "one " });
    await vi.waitFor(() => expect(seenIn(runner()!, "output")).toBe("one"));

    const before = runner();
    render({ ...props, label: "Two" });
    await vi.waitFor(() => expect(runner()?.label).toBe("Two"));
    expect(runner()).toBe(before);
    expect(seenIn(runner()!, "output")).toBe("one");

    render(undefined);
    await vi.waitFor(() => expect(runner()).toBeNull());
    await server.emit({ type: "output", stream: "stdout", text: "two" });
    render(props);
    await vi.waitFor(() => expect(seenIn(runner()!, "output")).toBe("one two"));
    expect(props.ended).not.toHaveBeenCalled();
    await server.emit(ended());
    await vi.waitFor(() => expect(runner()!.state).toBe("succeeded"));
    expect(props.ended).toHaveBeenCalledOnce();
    const posts = (await server.seen()).filter(({ method }) => method === "POST");
    expect(posts).toHaveLength(1);
  },
);
