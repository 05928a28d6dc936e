/** The JSON of a delivery's body, which GitHub may also send as a form; undefined where there is none. */
export function payloadOf(body: string, contentType: string | undefined): unknown {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? "");
  const text = isForm ? new URLSearchParams(body).get("payload") : body;
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The headers of a stored delivery, without the sender's credentials. */
export function keptHeaders(headers: Headers): Record<string, string> {
  const secret = /signature|token|secret|authorization|cookie|api-?key/i;
  return Object.fromEntries([...headers].filter(([name]) => !secret.test(name)));
}
