import { expect, test } from "vitest";
import { cpuTimeOf } from "../cpu-time.ts";
import { readTable, sortRows } from "../../widget/run/table-data.ts";

test("CSV: the first line names the columns, and quoted values keep commas, quotes and line ends", () => {
  const table = readTable('name,age,"city, land"\r\nAda,36,"London\nUK"\r\n"Lin ""L""",52,\r\n');
  expect(table).toEqual({
    columns: ["name", "age", "city, land"],
    rows: [
      ["Ada", "36", "London\nUK"],
      ['Lin "L"', "52", ""],
    ],
    numeric: [false, true, false],
  });
});

test("rows of other lengths lose nothing", () => {
  const table = readTable("a,b\n1\n1,2,3\n");
  expect(table?.columns).toEqual(["a", "b", ""]);
  expect(table?.rows).toEqual([
    ["1", "", ""],
    ["1", "2", "3"],
  ]);
});

test.each([
  ["objects", '[{"a":1,"b":null},{"b":{"x":1},"c":true}]', "a b c", '1||/|{"x":1}|true'],
  ["lists", '[["x","y"],[1,2],[3,4]]', "x y", "1|2/3|4"],
  ["values", "[3,1]", "value", "3/1"],
  ["columns", '{"x":[1,2],"y":["a"]}', "x y", "1|a/2|"],
  ["one object", '{"x":1,"y":"a"}', "x y", "1|a"],
])("JSON: %s", (_, text, columns, rows) => {
  const table = readTable(text)!;
  expect(table.columns.join(" ")).toBe(columns);
  expect(table.rows.map((row) => row.join("|")).join("/")).toBe(rows);
});

test("no table is made of nothing, or of broken JSON", () => {
  for (const text of ["", "  \n", "[1, 2", "{}", "[]"]) expect(readTable(text)).toBeUndefined();
});

test("numbers are sorted by size, words as people do, and empty values come last", () => {
  const table = readTable("n,w\n10,b\n9,A\n,a10\n-2e3,a9\n")!;
  const column = (at: number, descending: boolean) =>
    sortRows(table, at, descending).map((row) => row[at]);
  expect(column(0, false)).toEqual(["-2e3", "9", "10", ""]);
  expect(column(0, true)).toEqual(["10", "9", "-2e3", ""]);
  expect(column(1, false)).toEqual(["A", "a9", "a10", "b"]);
});

test("a megabyte is read in little time", () => {
  for (const text of ["1,2,3,4\n".repeat(130_000), '"'.repeat(1_000_000), ",".repeat(1_000_000)]) {
    expect(cpuTimeOf(() => readTable(text))).toBeLessThan(2_000);
  }
});
