import type { AuditEntry } from "./audit.ts";

const COLUMNS = [
  "number",
  "at",
  "actor_kind",
  "actor",
  "actor_name",
  "project",
  "action",
  "path",
  "detail",
  "status",
  "location",
] as const satisfies readonly (keyof AuditEntry)[];

export const AUDIT_CSV_HEADER = COLUMNS.join(",");

/** A line of CSV (RFC 4180) for each entry. */
export function auditCsv(entries: readonly AuditEntry[]): string[] {
  return entries.map((entry) => COLUMNS.map((column) => cellOf(entry[column])).join(","));
}

/** Quoted where it has to be. A spreadsheet would compute a text that begins like a formula. */
function cellOf(value: string | number | null): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value ?? "") ? `'${value}` : (value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
