import { whatIsWrongWithPath } from "../../protocol/block-files.ts";
import type { Inputs } from "../../protocol/claims.ts";
import type { BlockProgram } from "./sandbox.ts";

/**
 * The message to a waiting interpreter, after its placed files: see `Runtime`. A NUL would end a field; canonical code and the server's check
 * of inputs refuse it.
 */
export function controlMessage(program: Omit<BlockProgram, "limits">): string {
  const { code, files = {}, inputs, passed_as: passedAs = {}, value } = program;
  const passed = (as: "stdin" | "arg" | undefined) =>
    Object.entries(inputs).filter(([name]) => passedAs[name] === as);
  const variables = inputVariables(Object.fromEntries(passed(undefined)));
  const lists = [
    Object.entries(variables).map(([name, text]) => `${name}=${text}`),
    passed("arg").map(([, text]) => `arg=${text}`),
    passed("stdin").map(([, text]) => `stdin=${text}`),
    Object.entries(files).map(([path, base64]) => `file=${path}:${base64}`),
    value === undefined ? [] : [`value=${value}`],
  ];
  const wrong = Object.keys(files).find((path) => whatIsWrongWithPath(path) !== undefined);
  if (wrong !== undefined) throw new RangeError(`${wrong} is no path of a file`);
  const fields = [JSON.stringify(inputs), ...lists.flat()];
  if ([...fields, code].some((field) => field.includes("\0"))) {
    throw new RangeError("code and inputs may not hold a NUL");
  }
  return `\n${fields.join("\0")}\0\0${code}`;
}

/** The inputs as environment variables. */
function inputVariables(inputs: Inputs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, String(value)]),
  );
}
