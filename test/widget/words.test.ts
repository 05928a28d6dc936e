import { expect, test } from "vitest";
import { RUN_STATES, type EndState } from "../../protocol/run.ts";
import { idle, type View } from "../../widget/element/view.ts";
import { wordingOf } from "../../widget/run/wording.ts";
import * as words from "../../widget/run/words.ts";
import { wakePace, wakingProgress } from "../../widget/run/waking-words.ts";
import { ENGLISH } from "../../widget/words/english.ts";
import { loadLanguage } from "../../widget/words/language.ts";

const english = wordingOf(ENGLISH);

/** The status in `wording`, with plain spaces. */
function statusOf(view: View, now: number, wording = english) {
  const status = words.statusOf(view, now, wording);
  const plain = (text: string | undefined) => text?.replaceAll("\u00a0", " ");
  return (
    status && {
      ...status,
      text: plain(status.text)!,
      note: plain(status.note),
      clock: plain(status.clock),
    }
  );
}

const at = "2026-01-01T00:00:00Z";
const since = { phase: "booting", since: at, startedAt: 0 } as const;
const usual = { p50_s: 14, p90_s: 22, wakes: 9 };

function over(state: EndState, rest: Partial<NonNullable<View["ending"]>> = {}): View {
  const truncated = { stdout: 0, stderr: 0, artifacts: 0 };
  const times = { queued: at, ended: at, ran_s: 0.42 };
  const none = { reason: null, exit_code: null, signal: null };
  const ending = { state, ...none, truncated, artifacts: [], attempt: 1, times, ...rest };
  return { ...idle, state, ending };
}

test("each state says what a person is told, in these words", () => {
  const text = (view: Partial<View>) => statusOf({ ...idle, ...view }, 0)?.text;
  expect(text({})).toBeUndefined();
  expect(text({ unheard: true })).toBe("The server can’t be reached.");
  expect(text({ state: "posted" })).toBe("Waiting…");
  expect(text({ state: "waking" })).toBe("No server available to handle the request; waking one");
  const reason = { code: "machine_gone", message: "The machine went away." };
  expect(text({ state: "retrying", retrying: { attempt: 2, of: 3, reason, waitS: 0 } })).toBe(
    "Retrying the original request (2 of 3)",
  );
  expect(text({ state: "running" })).toBe("Code sent, awaiting results");
});

test("each state has a mark of its own and says something", () => {
  const states: View["state"][] = ["refused", ...RUN_STATES];
  const found = states.map((state) => statusOf({ ...idle, state }, 0)!);
  expect(new Set(found.map(({ mark }) => mark)).size).toBe(states.length);
  expect(found.every(({ text }) => text.length > 5)).toBe(true);
});

test("an end says exit status or signal, and how long the program ran", () => {
  const text = (view: View) => statusOf(view, 0)!.text;
  expect(text(over("failed", { exit_code: 3 }))).toBe("Ended with exit status 3 after 0.4 s.");
  expect(text(over("succeeded", { exit_code: 0, times: { queued: at, ended: at } }))).toBe(
    "Ended with exit status 0.",
  );
  expect(text(over("failed", { signal: "SIGSEGV" }))).toBe("Ended by signal SIGSEGV after 0.4 s.");
});

test("waking counts down to the usual time, then to that of most wakes, and past it says so", async () => {
  const at = (now: number, wording = english) =>
    words.statusOf({ ...idle, state: "waking", waking: { ...since, usual } }, now, wording)!;
  const shown = (now: number) => at(now).brief!.replaceAll("\u00a0", " ");
  expect(shown(5_000)).toBe("Booting. About 9 s left.");
  expect(shown(5_900)).toBe("Booting. About 9 s left.");
  expect(shown(6_000)).toBe("Booting. About 8 s left.");
  expect(shown(13_999)).toBe("Booting. About 1 s left.");
  expect(shown(14_000)).toBe("Booting. Longer than usual; most wakes take at most 8 s more.");
  expect(shown(21_999)).toBe("Booting. Longer than usual; most wakes take at most 1 s more.");
  expect(shown(22_000)).toBe("Booting. Still waking: longer than 9 in 10 wakes.");
  expect(at(5_000).note!.replaceAll("\u00a0", " ")).toBe(
    "Booting. About 9 s left. This usually takes 14 to 22 s.",
  );
  expect(at(5_000, wordingOf(await loadLanguage("de"))).brief!.replaceAll("\u00a0", " ")).toBe(
    "Server fährt hoch. Noch etwa 9 s.",
  );
});

test("what is said of a wake has no figure that counts down", () => {
  const said = (seconds: number) => wakePace(usual, seconds, english).replaceAll("\u00a0", " ");
  expect([1, 5, 13].map(said)).toEqual(Array(3).fill("This usually takes 14 to 22 s."));
  expect([15, 21].map(said)).toEqual(
    Array(2).fill("Longer than usual; 9 in 10 wakes take 22 s or less."),
  );
  expect(said(23)).toBe("Still waking: longer than 9 in 10 wakes.");
});

test("steps of a wake have names in the page's language; unknown ones stay as they are", async () => {
  const german = wordingOf(await loadLanguage("de"));
  const note = (name: string) => {
    const step = { number: 2, of: 4, name };
    const waking = { ...since, phase: "setting_up", step } as const;
    return words.statusOf({ ...idle, state: "waking", waking }, 0, german)!.note;
  };
  expect(note("languages")).toBe("Server wird eingerichtet 2/4: Programmiersprachen.");
  expect(note("spot t3.small in eu-west-1a")).toBe(
    "Server wird eingerichtet 2/4: Spot-Instanz t3.small (eu-west-1a).",
  );
  expect(note("on-demand t3.small")).toContain("2/4: On-Demand-Instanz t3.small.");
  expect(note("kernel modules")).toContain("2/4: kernel modules.");
});

test("waking names what is asked for, and what is tried next", () => {
  const step = { number: 1, of: 3, name: "spot t3.small in eu-west-1a" };
  const next = "On-demand is asked for next.";
  const waking = { ...since, phase: "requested", step, next } as const;
  expect(statusOf({ ...idle, state: "waking", waking }, 0)!.note).toBe(
    "Asking for a server 1/3: spot t3.small in eu-west-1a. On-demand is asked for next.",
  );
});

test("the waking bar rises, slows past the usual time and is never full", () => {
  const fill = [0, 7, 14, 28, 60, 3_600].map((s) => wakingProgress(0, 14, s * 1000));
  expect(fill).toEqual([...fill].sort((a, b) => a - b));
  expect(fill[2]).toBeCloseTo(0.8);
  expect(fill.at(-1)).toBeLessThan(0.96);
});

test("trouble says whose it is, and when the server wants to be asked again", () => {
  const note = (trouble: View["trouble"]) =>
    statusOf({ ...idle, state: "posted", trouble }, 0)!.note;
  expect(note({ offline: false, waitS: 0 })).toBe(
    "The server can’t be reached. Trying again; the request is kept.",
  );
  expect(note({ said: "Too many requests", offline: false, waitS: 30 })).toBe(
    "Too many requests. Trying again in 30 s; the request is kept.",
  );
});

test("a device without a network is the headline, as it is the reason", () => {
  const trouble = { offline: true, waitS: 0 };
  const again = "Trying again; the request is kept.";
  expect(statusOf({ ...idle, state: "posted", trouble }, 0)).toMatchObject({
    text: "This device is offline.",
    note: again,
  });
  expect(statusOf({ ...idle, state: "running", trouble }, 0)).toMatchObject({
    text: "Code sent, awaiting results",
    note: `This device is offline. ${again}`,
  });
});

test("a wait counts down, in whole seconds, and apart from what is announced", () => {
  const trouble = { said: "Too many requests", offline: false, waitS: 50 };
  const at = (now: number) => statusOf({ ...idle, state: "posted", trouble, toldAt: 1_000 }, now)!;
  expect(at(1_000)).toMatchObject({
    note: "Too many requests. Trying again in 50 s; the request is kept.",
    clock: "50 s",
  });
  expect(at(9_500).clock).toBe("42 s");
  expect(at(48_000).clock).toBe("3 s");
  expect(at(60_000).note).toBe("Too many requests. Trying again; the request is kept.");
  const reason = { code: "machine_gone", message: "The machine went away." };
  const retrying = { attempt: 2, of: 3, reason, waitS: 30 };
  const note = (now: number) =>
    statusOf({ ...idle, state: "retrying", retrying, toldAt: 0 }, now)!.note;
  expect(note(6_000)).toBe("The machine went away. Trying again in 24 s.");
  expect(note(31_000)).toBe("The machine went away. Trying again now.");
});

test("advice fits the reason: another press does not bring a runtime", () => {
  const note = (code: string) =>
    statusOf(over("errored", { reason: { code, message: "It is so." } }), 0)!.note;
  expect(note("runtime_not_installed")).toContain("its author has to sign it for a runtime");
  expect(note("sandbox_missing")).toContain("operator");
  expect(note("budget_spent")).toContain("00:00 UTC");
  expect(note("not_repeatable")).toContain("may have run in part");
  expect(note("machine_gone")).toBe("The code is not to blame. Press Run to try again.");
});

test("a run that waits for others says its place", () => {
  const note = (position: number) => statusOf({ ...idle, state: "queued", position }, 0)!.note;
  expect([1, 2, 17].map(note)).toEqual([
    "Next in line.",
    "Number 2 in line.",
    "Number 17 in line.",
  ]);
});

test("a refusal that has a translation says it alone, and one that has none is marked as English", async () => {
  const german = wordingOf(await loadLanguage("de"));
  const refused = (code: string) => {
    const refusal = { code, title: "It was not run.", detail: "Line 3 differs." };
    return statusOf({ ...idle, state: "refused", refusal }, 0, german)!;
  };
  expect(refused("code_mismatch")).toMatchObject({
    text: "Der Code auf dieser Seite ist nicht der signierte Code. Er wurde nicht ausgeführt.",
    textLang: undefined,
    note: undefined,
  });
  expect(refused("newer_code")).toMatchObject({
    text: "It was not run.",
    textLang: "en",
    note: "Line 3 differs.",
  });
  expect(refused("http_418").text).toContain("Status 418");
});

test("a busy server's sentence is translated up to its colon, and the countdown follows", async () => {
  const trouble = { said: "Too many requests: wait.", code: "rate_limited", offline: false };
  const busy = async (tag: string) => {
    const view: View = { ...idle, state: "posted", trouble: { ...trouble, waitS: 30 } };
    return statusOf(view, 0, wordingOf(await loadLanguage(tag)))!.note;
  };
  expect(await busy("en")).toBe("Too many requests. Trying again in 30 s; the request is kept.");
  expect(await busy("de")).toBe(
    "Zu viele Anfragen. Neuer Versuch in 30 s; die Anfrage bleibt erhalten.",
  );
  expect(await busy("fr")).toMatch(/^Trop de demandes\. Nouvelle tentative dans 30 s/);
  expect(await busy("ja")).toBe(
    "リクエストが多すぎます。30 秒後に再試行します。リクエストは保持されています。",
  );
});

test("moments in a server's detail are dates of the reader", () => {
  const detail = "It was good until 2026-11-30T12:22:26.000Z.";
  const refusal = { code: "block_expired", title: "The block has expired.", detail };
  const { note } = statusOf({ ...idle, state: "refused", refusal }, 0)!;
  expect(note).toMatch(/^It was good until November 30, 2026 at \d+:22 [AP]M\.$/);
});

test("a limit that ended the run has its figure, and who can raise it", () => {
  const note = (code: string, message: string, state: "timed_out" | "killed") =>
    words
      .statusOf(over(state, { reason: { code, message } }), 0, english, {
        limits: { wall_s: 5, memory_mb: 9_999 },
      })!
      .note!.replaceAll("\u00a0", " ");
  expect(note("wall_time", "It ran too long.", "timed_out")).toBe(
    "It ran too long. The limit is 5.0 s; its author can sign a higher one.",
  );
  expect(note("cpu_time", "It computed too long.", "timed_out")).toContain("The limit is 30 s;");
  expect(note("memory", "It used too much.", "killed")).toContain("The limit is 1,024 MiB;");
});
