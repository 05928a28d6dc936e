import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepLeases, type Renewal } from "../../../responder/agent/leases.ts";
import type { Assignment } from "../../../protocol/responder.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const assignment = (run: string): Assignment =>
  ({ run, attempt: 1, lease_s: 30, work: undefined }) as unknown as Assignment;

/** LeaseKeeper whose renewals `answer` answers, and what came of it. */
function leasesWith(answer: () => Promise<Renewal>) {
  const seen = { renewed: [] as string[][], lost: [] as string[], failures: 0, drained: 0 };
  const leases = keepLeases({
    renew: (attempts) => {
      seen.renewed.push(attempts.map(({ run }) => run));
      return answer();
    },
    onDrain: () => seen.drained++,
    onFailure: () => seen.failures++,
    now: () => performance.now(),
  });
  const hold = (run: string, ageMs = 0) =>
    leases.hold(assignment(run), performance.now() - ageMs, (why) =>
      seen.lost.push(`${run} ${why}`),
    );
  return { leases, seen, hold };
}
const going = async (): Promise<Renewal> => ({ lease_s: 30, stop: [], drain: false });

test("leases are renewed together at a third of their time, for as long as they are held", async () => {
  const { seen, hold } = leasesWith(going);
  const releases = [hold("a"), hold("b")];
  await vi.advanceTimersByTimeAsync(65_000);
  expect(seen.renewed).toHaveLength(6);
  expect(seen.renewed[0]).toEqual(["a", "b"]);
  for (const release of releases) release();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(seen).toMatchObject({ lost: [], failures: 0 });
  expect(seen.renewed).toHaveLength(6);
});

test("a renewal that is due at once is made, once more after one that is under way, and later ones as before", async () => {
  const { leases, seen, hold } = leasesWith(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return going();
  });
  leases.renewNow();
  expect(seen.renewed).toEqual([]);
  hold("a");
  await vi.advanceTimersByTimeAsync(1_000);
  for (let count = 0; count < 3; count++) leases.renewNow();
  expect(seen.renewed).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen.renewed).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.renewed).toHaveLength(3);
});

test("a lease that can't be renewed is lost before it is over", async () => {
  const { seen, hold } = leasesWith(() => Promise.reject(new Error("no answer")));
  hold("a");
  await vi.advanceTimersByTimeAsync(26_500);
  expect(seen.lost).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen.lost).toEqual(["a lapsed"]);
  expect(seen.failures).toBeGreaterThan(0);
});

test("an assignment that took most of its lease to arrive is lost early, and at once when it took all", async () => {
  const { seen, hold } = leasesWith(() => Promise.reject(new Error("no answer")));
  hold("a", 20_000);
  await vi.advanceTimersByTimeAsync(7_100);
  expect(seen.lost).toEqual(["a lapsed"]);
  hold("b", 27_500);
  expect(seen.lost).toEqual(["a lapsed", "b lapsed"]);
});

test("a renewal that hangs does not keep a lease alive", async () => {
  const { seen, hold } = leasesWith(() => new Promise(() => {}));
  hold("a");
  await vi.advanceTimersByTimeAsync(27_500);
  expect(seen.lost).toEqual(["a lapsed"]);
});

test("a run the server stops is lost at once, others go on", async () => {
  const { seen, hold } = leasesWith(async () => ({ lease_s: 30, stop: ["a"], drain: true }));
  hold("a");
  hold("b");
  await vi.advanceTimersByTimeAsync(10_500);
  expect(seen.lost).toEqual(["a stopped"]);
  expect(seen.drained).toBe(1);
});

test("a run that comes back as another attempt ends the one before, and is not stopped with it", async () => {
  const { leases, seen } = leasesWith(async () => ({ lease_s: 30, stop: ["a"], drain: false }));
  const hold = (attempt: number) =>
    leases.hold({ ...assignment("a"), attempt }, performance.now(), (why) =>
      seen.lost.push(`${attempt} ${why}`),
    );
  hold(1);
  hold(2);
  expect(seen.lost).toEqual(["1 stopped"]);
});
