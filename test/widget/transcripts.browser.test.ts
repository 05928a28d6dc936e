import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { RunEventBody } from "../../protocol/events.ts";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { accepted, at, ended, mount, press, scripted, stop, tokenWith } from "./stage.ts";
// The clock is played: on a busy machine the first run would wait for this part for seconds of it.
import "../../widget/run/other-states.ts";

// What a screen reader says of a run, as a person reads it: each file in transcripts/ is one run, with the seconds
// since the press. The page's time is played; the server is real.

const realTimeout = setTimeout;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** What the page's timers need to ask the server; far below a second, so that the transcripts' seconds are exact. */
const MOST_MS = 60;

/** Waits for `check` in real time, while the page's time goes on by next to nothing. */
async function until(check: () => unknown): Promise<void> {
  for (let ms = 0; !check(); ms++) {
    await new Promise((resolve) => realTimeout(resolve, 5));
    await vi.advanceTimersByTimeAsync(ms < MOST_MS ? 1 : 0);
  }
}

async function played(attributes: Record<string, string> = {}) {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url, "<pre><code>puts 6 * 7</code></pre>", {
    label: "Sorting a list",
    ...attributes,
  });
  const live = element.shadowRoot!.querySelector("[role=status]")!;
  const lines: string[] = [];
  let pressedAt = 0;
  const note = () => {
    const text = live.textContent.trim().replaceAll("\u00a0", " ");
    const seconds = Math.floor((Date.now() - pressedAt) / 1000);
    if (text !== "") lines.push(`${String(seconds).padStart(3)} s  ${text}`);
  };
  const observer = new MutationObserver(note);
  observer.observe(live, { childList: true, characterData: true, subtree: true });
  onTestFinished(() => observer.disconnect());
  const shown = () => element.shadowRoot!.textContent.replace(/\s+/g, " ");
  return {
    element,
    server,
    press: async (isAccepted = true) => {
      pressedAt = Date.now();
      press(element);
      if (isAccepted) await until(() => element.runId);
    },
    /** Sends an event, and waits until the page shows `text`. */
    emit: async (event: RunEventBody, text: string) => {
      await server.emit(event);
      await until(() => shown().includes(text));
      await element.updateComplete;
    },
    wait: async (seconds: number) => {
      await vi.advanceTimersByTimeAsync(seconds * 1000);
      await element.updateComplete;
    },
    ends: async (element: DeferredRunnerElement, state: string) => {
      await until(() => element.state === state);
      await element.updateComplete;
      await vi.advanceTimersByTimeAsync(0);
    },
    transcript: () => `${lines.join("\n")}\n`,
  };
}

const usual = { p50_s: 14, p90_s: 22, wakes: 9 };
/** `seconds` after the wake began. */
function waking(
  seconds: number,
  phase: "requested" | "booting" | "setting_up",
  number = 0,
): RunEventBody {
  const step = number > 0 && {
    step: { number, of: 3, name: ["git", "python", "sandbox"][number - 1]! },
  };
  const now = { at: new Date(Date.parse(at) + seconds * 1000).toISOString() };
  return { type: "waking", phase, since: at, usual, ...now, ...step };
}
const started = (attempt: number) =>
  ({ type: "attempt_started", attempt, max_attempts: 3 }) as const;

async function wake(attributes: Record<string, string>, words: string[]) {
  const play = await played(attributes);
  const button = play.element.shadowRoot!.querySelector("[part=button]")!;
  await until(() => button.textContent.trim() === words[0]);
  await play.press();
  await play.emit({ type: "queued" }, words[1]!);
  await play.emit(waking(0, "requested"), words[2]!);
  await play.wait(2);
  await play.emit(waking(2, "booting"), words[3]!);
  await play.wait(6);
  await play.emit(waking(8, "setting_up", 1), "1/3");
  await play.wait(1);
  await play.emit(waking(9, "setting_up", 2), "2/3");
  await play.wait(6);
  await play.emit(waking(15, "setting_up", 3), "3/3");
  await play.wait(12);
  await play.emit(started(1), words[4]!);
  await play.wait(1);
  await play.emit({ type: "output", stream: "stdout", text: "1\n2\n3\n4\n5\n" }, "5");
  await play.wait(14);
  await play.emit({ type: "output", stream: "stdout", text: "6\n" }, "6");
  await play.server.emit(ended());
  await play.ends(play.element, "succeeded");
  return play.transcript();
}

test("a run that wakes a machine", async () => {
  const text = await wake({ lang: "en" }, ["Run", "Waiting", "waking one", "Booting", "Code sent"]);
  await expect(text).toMatchFileSnapshot("transcripts/waking.txt");
});

test("the same on a German page", async () => {
  const play = wake({ lang: "de" }, [
    "Ausführen",
    "Wartet",
    "geweckt",
    "fährt hoch",
    "Code gesendet",
  ]);
  await expect(await play).toMatchFileSnapshot("transcripts/waking.de.txt");
});

test("a run that is retried", async () => {
  const play = await played();
  await play.press();
  await play.emit(started(1), "Code sent");
  await play.emit({ type: "output", stream: "stdout", text: "lost\n" }, "lost");
  await play.wait(3);
  const reason = { code: "machine_gone", message: "The machine went away." };
  const retry_at = "2026-01-01T00:00:04.000Z";
  await play.emit(
    { ...{ type: "retrying", attempt: 2, max_attempts: 3, reason, retry_at } },
    "Retrying",
  );
  await play.wait(5);
  await play.emit(started(2), "Code sent");
  await play.emit({ type: "output", stream: "stdout", text: "kept\n" }, "kept");
  await play.server.emit(ended());
  await play.ends(play.element, "succeeded");
  await expect(play.transcript()).toMatchFileSnapshot("transcripts/retrying.txt");
});

test("a run that fails", async () => {
  const play = await played();
  await play.press();
  await play.emit(started(1), "Code sent");
  await play.emit({ type: "output", stream: "stdout", text: "3\n2\n1\n" }, "1");
  const trace = [
    "Traceback (most recent call last):",
    '  File "main.py", line 4, in <module>',
    "    print(1 / n)",
    "ZeroDivisionError: division by zero",
  ];
  await play.emit(
    { type: "output", stream: "stderr", text: `${trace.join("\n")}\n` },
    "ZeroDivisionError",
  );
  await play.server.emit(ended({ state: "failed", exit_code: 1 }));
  await play.ends(play.element, "failed");
  await expect(play.transcript()).toMatchFileSnapshot("transcripts/failing.txt");
});

test("a run that the reader stops", async () => {
  const play = await played();
  await play.press();
  await play.emit(started(1), "Code sent");
  await play.wait(2);
  stop(play.element);
  await play.wait(1);
  await play.server.emit(ended({ state: "canceled", exit_code: null }));
  await play.ends(play.element, "canceled");
  await expect(play.transcript()).toMatchFileSnapshot("transcripts/stopped.txt");
});

test("a run of code that the reader changed", async () => {
  const play = await played({ block: tokenWith({ edit: true }) });
  play.element.shadowRoot!.querySelector<HTMLElement>("[part=edit]")!.click();
  await until(() => play.element.shadowRoot!.querySelector("textarea"));
  const editor = play.element.shadowRoot!.querySelector("textarea")!;
  editor.value = "puts 7";
  editor.dispatchEvent(new InputEvent("input"));
  await play.press();
  await play.emit(started(1), "Code sent");
  await play.emit({ type: "output", stream: "stdout", text: "7\n" }, "7");
  await play.server.emit(
    ended({
      artifacts: [
        { name: "a.txt", type: "text/plain", size: 12, sha256: "0".repeat(64), url: "/a.txt" },
      ],
    }),
  );
  await play.ends(play.element, "succeeded");
  await expect(play.transcript()).toMatchFileSnapshot("transcripts/edited.txt");
});

test("a server that is busy, then refuses", async () => {
  // Retry-After gets jitter.
  vi.spyOn(Math, "random").mockReturnValue(0);
  const play = await played();
  const title = "Too many requests: try again after the time in Retry-After.";
  await play.server.answer(
    { status: 429, headers: { "retry-after": "3" }, body: { code: "rate_limited", title } },
    {
      status: 403,
      body: {
        code: "block_revoked",
        title: "The block was taken back by its author. It was not run.",
      },
    },
  );
  await play.press(false);
  await until(() => play.element.shadowRoot!.textContent.includes("Too many requests"));
  await play.wait(3);
  await play.ends(play.element, "refused");
  await expect(play.transcript()).toMatchFileSnapshot("transcripts/refused.txt");
});

test("four blocks that wait for one machine say it once", async () => {
  const server = scripted();
  const answers = [1, 2, 3, 4].map((number) => accepted(`run${number}`));
  await server.answer(...answers);
  const elements: DeferredRunnerElement[] = [];
  for (const number of [1, 2, 3, 4]) {
    elements.push(await mount(server.url, undefined, { label: `Block ${number}` }));
  }
  const lines: string[] = [];
  for (const element of elements) {
    const live = element.shadowRoot!.querySelector("[role=status]")!;
    const observer = new MutationObserver(() => {
      const text = live.textContent.trim().replaceAll("\u00a0", " ");
      if (text !== "") lines.push(text);
    });
    observer.observe(live, { childList: true, characterData: true, subtree: true });
    onTestFinished(() => observer.disconnect());
  }
  for (const element of elements) {
    press(element);
    await until(() => element.runId);
  }
  await vi.advanceTimersByTimeAsync(100);
  for (const run of ["run1", "run2", "run3", "run4"]) await server.emit(waking(0, "booting"), run);
  await until(() => elements.every(({ state }) => state === "waking"));
  await server.emit(ended(), "run2");
  await until(() => elements[1]!.state === "succeeded");
  await vi.advanceTimersByTimeAsync(0);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("transcripts/four-blocks.txt");
  for (const run of ["run1", "run3", "run4"]) await server.emit(ended(), run);
  await until(() => elements.every(({ state }) => state === "succeeded"));
});
