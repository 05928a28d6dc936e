import { isTransient } from "./retry.ts";
import type { ServerClient } from "./server-client.ts";

/**
 * The same client, which calls `onUnreachable` once the server has given no answer for `limitS`
 * seconds, counted from the first call that got none.
 */
export function watchReachability(
  client: ServerClient,
  limitS: number,
  onUnreachable: () => void,
): ServerClient {
  let timer: NodeJS.Timeout | undefined;
  const answered = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    async post(path, body, schema, options) {
      try {
        const answer = await client.post(path, body, schema, options);
        answered();
        return answer;
      } catch (error) {
        if (isTransient(error)) timer ??= setTimeout(onUnreachable, limitS * 1000);
        else if (!options?.signal?.aborted) answered();
        throw error;
      }
    },
    // Storage is another server: its answers tell nothing about this one.
    put: (...upload) => client.put(...upload),
    get: (...download) => client.get(...download),
    close() {
      answered();
      client.close();
    },
  };
}
