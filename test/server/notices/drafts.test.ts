import { expect, test } from "vitest";
import type { OutgoingEvent } from "../../../protocol/notices.ts";
import { RUN_STATES, type RunState } from "../../../protocol/run.ts";
import { isTold } from "../../../server/notices/channels/status-body.ts";
import { hookEvents } from "../../../server/notices/channels/hooks.ts";
import { mailAddress } from "../../../server/notices/channels/mail-address.ts";
import { mailsFor } from "../../../server/notices/channels/mail.ts";

const EVENTS: OutgoingEvent[] = ["run.started", "run.ended"];
const facts = {
  state: "failed" as RunState,
  trigger: "push",
  attempt: 1,
  noticed: "running" as RunState | null,
  stranger: false,
  hooks: [{ id: "h1", url: "https://hooks.example/1", events: EVENTS }],
  mail: {
    author: "ada@example.org",
    watchers: ["eve@example.org"],
    before: undefined as RunState | undefined,
  },
};
type Facts = Omit<typeof facts, "mail"> & {
  mail:
    | { author: string | undefined; watchers: string[]; before: RunState | undefined }
    | undefined;
};
/** What each channel makes of a run's state. */
const told = (changes: Partial<Facts>) => {
  const run: Facts = { ...facts, ...changes };
  const mailed = run.mail ? mailsFor({ ...run, ...run.mail }) : [];
  return [
    ...(isTold(run) ? ["commit_status"] : []),
    ...hookEvents(run, run.hooks).map(({ event, url }) => `hook ${event} ${url}`),
    ...mailed.map(({ what, target }) => `mail ${what} ${target}`),
  ];
};
const mails = (changes: Partial<Facts>) => told(changes).filter((line) => line.startsWith("mail"));

test("a failure goes to the author and each watcher, and to everything that asked", () => {
  expect(told({})).toEqual([
    "commit_status",
    "hook run.started https://hooks.example/1",
    "hook run.ended https://hooks.example/1",
    "mail failure eve@example.org",
    "mail failure ada@example.org",
  ]);
});

test("who is author and watcher gets one mail", () => {
  const mail = { author: "eve@example.org", watchers: ["eve@example.org"], before: undefined };
  expect(mails({ mail })).toEqual(["mail failure eve@example.org"]);
});

test.each(RUN_STATES)(
  "after a run that %s, a success is told where that was bad news",
  (before) => {
    const bad = ["failed", "timed_out", "killed", "errored"].includes(before);
    const mail = { author: "ada@example.org", watchers: [], before };
    expect(mails({ state: "succeeded", mail })).toEqual(
      bad ? ["mail recovery ada@example.org"] : [],
    );
  },
);

test("nobody is mailed of what somebody ran by hand, of a fork's pull request, or of a canceled run", () => {
  expect(mails({ trigger: "exec" })).toEqual([]);
  expect(mails({ trigger: "request" })).toEqual([]);
  expect(mails({ trigger: "pull_request", stranger: true })).toEqual([]);
  expect(mails({ stranger: true })).toEqual([]);
  expect(mails({ state: "canceled" })).toEqual([]);
});

test("a commit is pending once, whatever happens until its run ends", () => {
  const status = (state: RunState, noticed: RunState | null) =>
    told({ state, noticed, hooks: [], mail: undefined }).length;
  expect(status("queued", null)).toBe(1);
  expect(status("waking", "queued")).toBe(0);
  expect(status("retrying", "running")).toBe(0);
  expect(status("succeeded", "running")).toBe(1);
});

test("a command by hand changes no commit's status", () => {
  expect(told({ trigger: "exec", hooks: [], mail: undefined })).toEqual([]);
});

test("a webhook hears of the beginning only where there was one", () => {
  const hook = (changes: Partial<Facts>) =>
    hookEvents({ ...facts, ...changes }, facts.hooks).map(({ event }) => event);
  expect(hook({ state: "queued", attempt: 0 })).toEqual([]);
  expect(hook({ state: "running" })).toEqual(["run.started"]);
  expect(hook({ state: "canceled", attempt: 0 })).toEqual(["run.ended"]);
});

test.each([
  ["Ada@Example.org", "ada@example.org"],
  ["12345+ada@users.noreply.github.com", undefined],
  ["noreply@github.com", undefined],
  ["Pat.O'Brien@example.org", "pat.o'brien@example.org"],
  ["ada@o'brien.example", undefined],
  ["no-reply@example.org", undefined],
  ["ada@laptop.local", undefined],
  ["root@localhost", undefined],
  ["not an address", undefined],
  ["ada@example.org, eve@example.org", undefined],
  ["ada@example.org\r\nBcc: eve@example.org", undefined],
  ["Ada <ada@example.org>", undefined],
  ["", undefined],
])("of %j mail goes to %s", (text, address) => {
  expect(mailAddress(text)).toBe(address);
});
