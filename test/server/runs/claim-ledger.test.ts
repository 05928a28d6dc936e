import { expect, test } from "vitest";
import { createClaimLedger } from "../../../server/runs/claim-ledger.ts";

const runs = (...names: string[]) => names.map((run) => ({ run, attempt: 1 }));
const rows = (...names: string[]) => names.map((id) => ({ id, attempt: 1 }));

test("an unknown machine's calls read the database, and known ones only where something was not heard of", () => {
  const ledger = createClaimLedger();
  expect(ledger.hasHeard("t", { claims_from: 2, runs: [] })).toBe(false);
  expect(ledger.look("t", 2)).toBe("repeat");
  ledger.settled("t", { claims_from: 2, runs: [] });
  expect(ledger.look("t", 1)).toBe("over");
  expect(ledger.look("t", 2)).toBe("new");
  ledger.assigned("t", 2, rows("a"));
  expect(ledger.look("t", 2)).toBe("repeat");
  // While the claim may yet be answered, its runs need not be named.
  expect(ledger.hasHeard("t", { claims_from: 2, runs: [] })).toBe(true);
  expect(ledger.hasHeard("t", { claims_from: 3, runs: [] })).toBe(false);
  expect(ledger.hasHeard("t", { claims_from: 3, runs: runs("a") })).toBe(true);
  // Heard of once, it may end.
  expect(ledger.hasHeard("t", { claims_from: 4, runs: [] })).toBe(true);
  expect(ledger.look("t", 3)).toBe("over");
});

test("a registration has a ledger of its own, and those of before are forgotten", () => {
  const ledger = createClaimLedger();
  for (let token = 0; token <= 1000; token++) {
    ledger.settled(String(token), { claims_from: 1, runs: [] });
  }
  expect(ledger.look("0", 1)).toBe("repeat");
  expect(ledger.look("1000", 1)).toBe("new");
});
