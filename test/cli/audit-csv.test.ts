import { expect, test } from "vitest";
import { auditCsv } from "../../protocol/audit-csv.ts";
import type { AuditEntry } from "../../protocol/audit.ts";

test("a spreadsheet reads an entry as it is, and computes nothing", () => {
  const entry: AuditEntry = {
    number: 7,
    at: "2026-01-31T12:00:00.000Z",
    actor_kind: "token",
    actor: "abc",
    actor_name: '=HYPERLINK("https://evil.example"),x',
    project: null,
    action: "DELETE /v1/runs/{id}",
    path: "/v1/runs/1",
    status: null,
    location: null,
    detail: "two\nlines",
  };
  expect(auditCsv([entry])).toEqual([
    `7,2026-01-31T12:00:00.000Z,token,abc,"'=HYPERLINK(""https://evil.example""),x",,DELETE /v1/runs/{id},/v1/runs/1,"two\nlines",,`,
  ]);
});
