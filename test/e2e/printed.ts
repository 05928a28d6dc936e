import { eventually } from "../eventually.ts";

/** Resolves once the run whose events are at `eventsUrl` has printed `text`, as far as its server knows. */
export function printed(eventsUrl: string, text: string): Promise<true> {
  return eventually(async () => {
    const response = await fetch(eventsUrl);
    const decoder = new TextDecoder();
    let seen = "";
    for await (const part of response.body!) {
      seen += decoder.decode(part, { stream: true });
      if (seen.includes(JSON.stringify(text).slice(1, -1))) return true;
    }
    return undefined;
  });
}
