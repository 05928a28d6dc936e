import type { Wording } from "./wording.ts";

export interface ServerSentence {
  text: string;
  /** The language of `text`, where it is not that of the words. */
  lang?: "en" | undefined;
  isTranslated: boolean;
}

/** Returns the sentence of a code in the reader's language, or else the server's own `english` one. */
export function serverSentence(
  code: string,
  english: string,
  { run: { server } }: Wording,
  translated?: string,
): ServerSentence {
  if (translated) return { text: translated, isTranslated: true };
  if (!server) return { text: english, isTranslated: false };
  const known: Record<string, string> = { ...server.problems, ...server.reasons };
  if (Object.hasOwn(known, code)) return { text: known[code]!, isTranslated: true };
  // The element's own code for an answer that has none.
  const status = /^http_(\d+)$/.exec(code)?.[1];
  if (status) return { text: server.status(Number(status)), isTranslated: true };
  return { text: english, lang: "en", isTranslated: false };
}
