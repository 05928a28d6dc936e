import type { Storage } from "../../storage/storage.ts";

/** Wraps a storage and calls `failed` with the name of each operation that fails. */
export function observedStorage(storage: Storage, failed: (operation: string) => void): Storage {
  const watched =
    <Args extends unknown[], Answer>(operation: string, call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      try {
        return await call(...args);
      } catch (error) {
        failed(operation);
        throw error;
      }
    };
  return {
    put: watched("put", storage.put),
    putWithin: storage.putWithin && watched("put", storage.putWithin),
    presignPut: watched("presign", storage.presignPut),
    presignGet: watched("presign", storage.presignGet),
    read: watched("read", storage.read),
    stat: watched("stat", storage.stat),
    remove: watched("remove", storage.remove),
  };
}
