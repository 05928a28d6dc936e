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
  const watched = async <Answer>(call: Promise<Answer>, signal: AbortSignal | undefined) => {
    try {
      const answer = await call;
      answered();
      return answer;
    } catch (error) {
      if (isTransient(error)) timer ??= setTimeout(onUnreachable, limitS * 1000);
      else if (!signal?.aborted) answered();
      throw error;
    }
  };
  return {
    post: (path, body, schema, options) =>
      watched(client.post(path, body, schema, options), options?.signal),
    postForLines(path, body, schema, onLine, options) {
      const onAnswered = (line: Parameters<typeof onLine>[0]) => {
        answered();
        onLine(line);
      };
      return watched(client.postForLines(path, body, schema, onAnswered, options), options?.signal);
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
