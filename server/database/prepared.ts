import { CompiledQuery, type Compilable } from "kysely";
import type { Queries } from "./database.ts";

type Values = Record<string, string | number | Uint8Array | null>;

/** Stands for a parameter in a query that is built once. */
class Parameter {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Runs compiled SQL without Kysely's executor. */
type Direct = (sql: string, values: readonly unknown[]) => Promise<unknown[]>;

const directs = new WeakMap<Queries, Direct>();

/** Lets prepared queries that are run by `queries` bypass Kysely. */
export function keepDirect(queries: Queries, direct: Direct): void {
  directs.set(queries, direct);
}

/**
 * A query for hot paths: Kysely builds and compiles it at its first use only. Each parameter of `build` is a
 * placeholder, so `build` must not decide by its value.
 */
export function prepared<Parameters extends Values, Row>(
  build: (queries: Queries, parameters: Parameters) => Compilable<Row>,
): (queries: Queries, parameters: Parameters) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | undefined;
  let count = 0;
  return async function run(queries, parameters) {
    if (!compiled) {
      const names = Object.keys(parameters);
      const places = Object.fromEntries(names.map((name) => [name, new Parameter(name)]));
      compiled = build(queries, places as unknown as Parameters).compile();
      count = names.length;
    }
    if (Object.keys(parameters).length !== count)
      throw new Error("The query was built with other parameters.");
    const { sql } = compiled;
    const values = compiled.parameters.map((value) =>
      value instanceof Parameter ? parameters[value.name] : value,
    );
    const direct = directs.get(queries);
    const rows = direct
      ? await direct(sql, values)
      : (await queries.executeQuery(CompiledQuery.raw(sql, values))).rows;
    return rows as Row[];
  };
}
