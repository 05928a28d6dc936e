import { onTestFinished } from "vitest";
import type { RunEventBody } from "../../protocol/events.ts";
import type { Ending, RunState } from "../../protocol/run.ts";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import "../../widget/define.ts";
import type { Answer, Command, Seen } from "./scripted-server.ts";

export const at = "2026-01-01T00:00:00.000Z";

/** A server of this test's own; see scripted-server.ts. */
export function scripted() {
  const url = `${location.origin}/scripted/${crypto.randomUUID()}`;
  const tell = async (command: Command) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(command) });
    if (!response.ok) throw new Error(`scripted server: ${response.status}`);
  };
  const numbers = new Map<string, number>();
  return {
    url,
    tell,
    answer: (...answers: Answer[]) => tell({ do: "answer", answers }),
    /** Accepts every press; all presses share the run `id`. */
    accept: (id = "run1") => tell({ do: "answer", answers: [accepted(id)] }),
    emit: async (body: RunEventBody, run = "run1") => {
      const id = (numbers.get(run) ?? 0) + 1;
      numbers.set(run, id);
      await tell({ do: "emit", event: { at, ...body, run, id } });
    },
    seen: async (): Promise<Seen[]> => (await fetch(url)).json(),
  };
}

export function accepted(id: string): Answer {
  return {
    status: 202,
    body: {
      id,
      state: "queued" satisfies RunState,
      run_url: `/v1/runs/${id}`,
      events_url: `/v1/runs/${id}/events`,
      result_url: `http://results.test/results/${id}/result.json`,
      cancel_token: `token-of-${id}`,
    },
  };
}

export function ended(with_: Partial<Ending> = {}): RunEventBody {
  return {
    type: "ended",
    state: "succeeded",
    reason: null,
    exit_code: 0,
    signal: null,
    truncated: { stdout: 0, stderr: 0, artifacts: 0 },
    artifacts: [],
    attempt: 1,
    times: { queued: at, started: at, ended: at, ran_s: 0.42 },
    result_url: "http://results.test/results/run1/result.json",
    ...with_,
  };
}

/** An element in the page, taken out again when the test is over. */
export async function mount(
  server: string,
  inner = "<pre><code>puts 6 * 7</code></pre>",
  attributes: Record<string, string> = {},
): Promise<DeferredRunnerElement> {
  const element = document.createElement("deferred-runner");
  element.innerHTML = inner;
  for (const [name, value] of Object.entries({ block: "a.e30.c", server, ...attributes })) {
    element.setAttribute(name, value);
  }
  document.body.append(element);
  onTestFinished(() => element.remove());
  await element.updateComplete;
  return element;
}

/** What a reader sees, all white space as one blank. */
export function seenIn(element: DeferredRunnerElement, part: string): string {
  const found = element.shadowRoot!.querySelector<HTMLElement>(`[part=${part}]`);
  return (found?.textContent ?? "").replace(/\s+/g, " ").trim();
}

export function press(element: DeferredRunnerElement): void {
  element.shadowRoot!.querySelector<HTMLButtonElement>("[part=button]")!.click();
}

export function stop(element: DeferredRunnerElement): void {
  element.shadowRoot!.querySelector<HTMLButtonElement>("[part=stop]")!.click();
}

/** A block's token with these claims; its signature is none, which the element must not mind. */
export function tokenWith(claims: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  return `e30.${btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")}.c`;
}
