import type { Inputs, InputSpec } from "../../protocol/claims.ts";
import {
  byteLength,
  inputFault,
  maxBytesOf,
  type InputFault,
} from "../../protocol/input-values.ts";
import type { InputWords } from "../words/words.ts";

export type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** From this part of its bound on, a text's length is shown. */
const NEAR = 0.8;

/** The value that a press sends; undefined: the default is used. */
export function fieldValue(field: Field, { type }: InputSpec): Inputs[string] | undefined {
  if (type === "boolean") return (field as HTMLInputElement).checked;
  if (type === "text" || type === "choice") return field.value;
  return field.value === "" ? undefined : Number(field.value);
}

/** The server checks the same. */
export function fieldFault(field: Field, spec: InputSpec): InputFault | undefined {
  // The browser hides text that is no number.
  if (field.validity.badInput) return { fault: "not_number" };
  const value = fieldValue(field, spec);
  if (value !== undefined) return inputFault(spec, value);
  return spec.default === undefined ? { fault: "missing" } : undefined;
}

/** What stands below a field: its bounds, or its length near the bound, and what an emptied number becomes. */
export function fieldNotes(field: Field | undefined, spec: InputSpec, words: InputWords): string[] {
  const notes = [
    (field && countWords(field, spec, words)) ?? boundsWords(spec, words),
    field && emptiedWords(field, spec, words),
  ];
  return notes.filter((note) => note !== undefined);
}

function boundsWords(spec: InputSpec, words: InputWords): string | undefined {
  if (spec.type === "text") {
    return spec.max_length === undefined ? undefined : words.mostBytes(maxBytesOf(spec));
  }
  if (spec.type !== "integer" && spec.type !== "number") return undefined;
  const { min, max } = spec;
  if (min !== undefined && max !== undefined) return words.between(min, max);
  if (min !== undefined) return words.least(min);
  if (max !== undefined) return words.most(max);
  return spec.type === "integer" ? words.whole : undefined;
}

function emptiedWords(field: Field, spec: InputSpec, words: InputWords): string | undefined {
  if (spec.type !== "integer" && spec.type !== "number") return undefined;
  if (spec.default === undefined || field.value !== "" || field.validity.badInput) return undefined;
  return words.emptied(spec.default);
}

/** The length of a text near its bound, counted as the server counts it. */
function countWords(field: Field, spec: InputSpec, words: InputWords): string | undefined {
  if (spec.type !== "text") return undefined;
  const most = maxBytesOf(spec);
  const bytes = byteLength(field.value);
  return bytes < most * NEAR
    ? undefined
    : words.counted(bytes, most, Array.from(field.value).length);
}
