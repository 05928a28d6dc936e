declare const content: unique symbol;

/** JSON text of a `Value`: the type of a column. Only `toJson` makes one, so what a row holds is known. */
export type Json<Value> = string & { readonly [content]: Value };

export function toJson<Value>(value: Value): Json<Value> {
  return JSON.stringify(value) as Json<Value>;
}

export function fromJson<Value>(text: Json<Value>): Value;
export function fromJson<Value>(text: Json<Value> | null): Value | undefined;
export function fromJson<Value>(text: Json<Value> | null): Value | undefined {
  return text === null ? undefined : (JSON.parse(text) as Value);
}
