import { describe, expect, test } from "vitest";
import type { ProvidedMachine } from "../../../server/providers/compute.ts";
import {
  findDifferences,
  type Difference,
  type KnownMachine,
} from "../../../server/fleet/differences.ts";

const askedAt = 10_000_000;
const ago = (ms: number) => askedAt - ms;
const HOUR = 3_600_000;

const known = (changes: Partial<KnownMachine> = {}): KnownMachine => ({
  launch_id: "m1",
  provider_id: "i-1",
  state: "ready",
  phase: "ready",
  reason: null,
  requested_at: ago(HOUR),
  stopped_at: ago(HOUR),
  outdated: 0,
  lastSeenAt: ago(1000),
  wasListed: true,
  wasAmiss: true,
  ...changes,
});
const listed = (
  state: ProvidedMachine["state"],
  more: Partial<ProvidedMachine> = {},
): ProvidedMachine => ({ launchId: "m1", providerId: "i-1", state, ...more });

function found(
  machine: KnownMachine | undefined,
  one: ProvidedMachine | undefined,
  restarts = true,
): Difference["type"] | "nothing" {
  const findings = findDifferences({
    known: machine ? [machine] : [],
    listed: one ? [one] : [],
    askedAt,
    restarts,
    bootMs: 300_000,
  });
  return findings[0]?.type ?? "nothing";
}

const launching = (changes: Partial<KnownMachine> = {}) =>
  known({
    state: "launching",
    phase: "starting",
    requested_at: ago(30_000),
    lastSeenAt: ago(30_000),
    wasListed: false,
    ...changes,
  });
const leaving = (reason: string, changes: Partial<KnownMachine> = {}) =>
  known({ state: "leaving", reason, ...changes });

describe("a machine on record", () => {
  test.for<[string, KnownMachine, ProvidedMachine | undefined, string]>([
    ["that runs as it should", known(), listed("running"), "nothing"],
    ["whose boot ended for certain", launching(), listed("stopped", { over: true }), "gone"],
    [
      "that the provider could not run",
      launching(),
      listed("stopped", { over: true, end: { reason: "boot_failed" } }),
      "gone",
    ],
    [
      "that could not be started again",
      launching(),
      listed("stopped", { end: { reason: "boot_failed" } }),
      "useless",
    ],
    [
      "whose zone had no room for it after all",
      launching(),
      listed("stopped", { end: { reason: "no_capacity" } }),
      "unstartable",
    ],
    [
      "that is about to be started, and failed another time",
      launching({ phase: "requested" }),
      listed("stopped", { end: { reason: "boot_failed" } }),
      "nothing",
    ],
    ["that ended for certain", known(), listed("stopped", { over: true }), "gone"],
    [
      "that ended for certain while it was stopped",
      known({ state: "stopped" }),
      listed("stopped", { over: true }),
      "gone",
    ],
    ["that is listed as stopped before it said a word", launching(), listed("stopped"), "nothing"],
    ["that stopped itself", known(), listed("stopped"), "stopped"],
    [
      "that called after the list was asked for",
      known({ lastSeenAt: askedAt + 1 }),
      listed("stopped"),
      "nothing",
    ],
    ["that is leaving and stopped", leaving("idle"), listed("stopped"), "stopped"],
    ["that was given up and stopped itself", leaving("boot_failed"), listed("stopped"), "useless"],
    ["that is leaving and runs still", leaving("idle"), listed("running"), "nothing"],
    ["that was just launched and is not listed yet", launching(), undefined, "nothing"],
    [
      "whose launch was not answered yet",
      launching({ provider_id: null, requested_at: ago(HOUR) }),
      undefined,
      "nothing",
    ],
    [
      "whose launch was answered to a server that died",
      known({ provider_id: null }),
      listed("running"),
      "found",
    ],
    [
      "that was listed and went before it said anything",
      launching({ wasListed: true }),
      undefined,
      "gone",
    ],
    [
      "that one list alone leaves out",
      launching({ wasListed: true, wasAmiss: false }),
      undefined,
      "nothing",
    ],
    [
      "that one list alone leaves out while it is stopped",
      known({ state: "stopped", wasAmiss: false }),
      undefined,
      "nothing",
    ],
    [
      "that is not listed after its time to boot",
      launching({ requested_at: ago(300_001) }),
      undefined,
      "gone",
    ],
    ["that is started and listed as before that", launching(), listed("stopped"), "nothing"],
    [
      "that was setting up and stopped itself",
      launching({ phase: "setting_up" }),
      listed("stopped"),
      "useless",
    ],
    [
      "that was setting up and is listed as stopped for the first time",
      launching({ phase: "setting_up", wasAmiss: false }),
      listed("stopped"),
      "nothing",
    ],
    [
      "that is not listed, but just called",
      known({ lastSeenAt: ago(24_000) }),
      undefined,
      "nothing",
    ],
    ["that is not listed, and silent", known({ lastSeenAt: ago(25_000) }), undefined, "gone"],
    [
      "that registered quickly and is not listed yet",
      known({ requested_at: ago(60_000), lastSeenAt: ago(30_000), wasListed: false }),
      undefined,
      "nothing",
    ],
    ["that is stopped as it should", known({ state: "stopped" }), listed("stopped"), "nothing"],
    ["that was stopped and is not listed", known({ state: "stopped" }), undefined, "gone"],
    ["that was stopped and runs", known({ state: "stopped" }), listed("running"), "running"],
    [
      "that was just stopped and is listed as before that",
      known({ state: "stopped", stopped_at: ago(1000) }),
      listed("running"),
      "nothing",
    ],
    [
      "that was stopped by a clock that was set back since, and runs",
      known({ state: "stopped", stopped_at: askedAt + HOUR }),
      listed("running"),
      "running",
    ],
    [
      "that other settings made",
      known({ state: "stopped" }),
      listed("stopped", { outdated: true }),
      "outdated",
    ],
    [
      "that is known to be of other settings",
      known({ state: "stopped", outdated: 1 }),
      listed("stopped", { outdated: true }),
      "nothing",
    ],
    [
      "that is of today's settings again",
      known({ state: "stopped", outdated: 1 }),
      listed("stopped"),
      "outdated",
    ],
  ])("%s", ([, machine, one, expected]) => {
    expect(found(machine, one)).toBe(expected);
  });
});

test("what the provider says of a machine's end is passed on with its reason", () => {
  const findings = (end: ProvidedMachine["end"], machine: KnownMachine) =>
    findDifferences({
      known: [machine],
      listed: [listed("stopped", { over: true, ...(end && { end }) })],
      ...{ askedAt, restarts: false, bootMs: 300_000 },
    });
  const quota = { reason: "quota_reached", said: "AWS says: no." } as const;
  expect(findings(quota, launching())).toEqual([{ type: "gone", launchId: "m1", ...quota }]);
  expect(findings(quota, known())).toMatchObject([{ reason: "machine_gone" }]);
  expect(findings({ reason: "taken_back" }, known())).toMatchObject([{ reason: "taken_back" }]);
  expect(findings(undefined, launching())).toMatchObject([{ reason: "machine_gone" }]);
});

test("what ended a while ago and is on no record needs no end", () => {
  expect(found(undefined, listed("stopped", { over: true }))).toBe("nothing");
  const later = known({ provider_id: null });
  expect(found(later, listed("stopped", { over: true }))).toBe("nothing");
});

test("a machine that nobody has on record is unknown, whatever it does", () => {
  expect(found(undefined, listed("running"))).toBe("unknown");
  expect(found(undefined, listed("stopped"))).toBe("unknown");
});

test("of two machines of one launch, none is ended as long as neither is the one on record", () => {
  const two = [listed("running"), listed("running", { providerId: "i-2" })];
  const of = { listed: two, askedAt, restarts: true, bootMs: 300_000 };
  expect(findDifferences({ known: [known({ provider_id: null })], ...of })).toEqual([
    { type: "found", launchId: "m1", providerId: "i-1" },
  ]);
  expect(findDifferences({ known: [known({ provider_id: "i-0" })], ...of })).toEqual([]);
  const silent = known({ provider_id: "i-0", lastSeenAt: ago(HOUR) });
  expect(findDifferences({ known: [silent], ...of }).map(({ type }) => type)).toEqual(["gone"]);
});

test("of two machines of one launch, the one that is not on record goes and the other stays", () => {
  const findings = findDifferences({
    known: [known()],
    listed: [listed("running"), listed("running", { providerId: "i-2" })],
    askedAt,
    restarts: true,
    bootMs: 300_000,
  });
  expect(findings).toEqual([{ type: "double", launchId: "m1", providerId: "i-2" }]);
});

test("where nothing is started again, a machine that stopped is gone, and kept ones are outdated", () => {
  expect(found(known(), listed("stopped"), false)).toBe("gone");
  expect(found(leaving("idle"), listed("stopped"), false)).toBe("gone");
  expect(found(known({ state: "stopped" }), listed("stopped"), false)).toBe("outdated");
});
