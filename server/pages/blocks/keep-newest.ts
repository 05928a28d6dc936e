/**
 * Returns a function that makes the value of a key, unless it is among the `most` newest. Callers that ask meanwhile
 * get the same value. Neither failures nor `undefined` are kept.
 */
export function keepNewest<Value>(most: number) {
  const kept = new Map<string, Promise<Value>>();
  return function keptOrMade(key: string, make: () => Promise<Value>): Promise<Value> {
    let value = kept.get(key);
    if (!value) {
      value = make();
      kept.set(key, value);
      const drop = () => kept.delete(key);
      value.then((made) => made === undefined && drop(), drop);
      if (kept.size > most) kept.delete(kept.keys().next().value!);
    }
    return value;
  };
}
