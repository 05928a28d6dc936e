import { expect, test } from "vitest";
import { RUN_STATES } from "../../../protocol/run.ts";
import { draftsFor, type DraftFacts } from "../../../server/notices/drafts.ts";
import { mailAddress } from "../../../server/notices/mail-address.ts";

const facts: DraftFacts = {
  state: "failed",
  trigger: "push",
  attempt: 1,
  noticed: "running",
  stranger: false,
  statusTarget: "acme/site@abc",
  statusState: "failure",
  hooks: [{ id: "h1", url: "https://hooks.example/1", events: ["run.started", "run.ended"] }],
  mail: { author: "ada@example.org", watchers: ["eve@example.org"], before: undefined },
};
const told = (changes: Partial<DraftFacts>) =>
  draftsFor({ ...facts, ...changes }).map(({ kind, what, target }) => `${kind} ${what} ${target}`);
const mails = (changes: Partial<DraftFacts>) =>
  told(changes).filter((line) => line.startsWith("mail"));

test("a failure goes to the author and each watcher, and to everything that asked", () => {
  expect(told({})).toEqual([
    "commit_status failure acme/site@abc",
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
  const status = (state: DraftFacts["state"], noticed: string | null) =>
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
  const hook = (changes: Partial<DraftFacts>) =>
    draftsFor({ ...facts, ...changes })
      .filter(({ kind }) => kind === "hook")
      .map(({ what }) => what);
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
