declare const content: unique symbol;

/** The JSON text of a `Value`, as a column's type. Only `toJson` makes one, so the type of the stored value is known. */
export type Json<Value> = string & { readonly [content]: Value };

export function toJson<Value>(value: Value): Json<Value> {
  return JSON.stringify(value) as Json<Value>;
}

export function fromJson<Value>(text: Json<Value>): Value;
export function fromJson<Value>(text: Json<Value> | null): Value | undefined;
export function fromJson<Value>(text: Json<Value> | null): Value | undefined {
  return text === null ? undefined : (JSON.parse(text) as Value);
}
