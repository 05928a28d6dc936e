/** Timeout, rate limit, and 502 and up, with which a restarting server or a proxy in front of it answers. */
export const isTemporary = (status: number) => status === 408 || status === 429 || status > 501;

/** Reads Retry-After, within a second to an hour, and adds jitter so that pages do not return together. */
export function waitOf({ headers }: Response): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return seconds >= 0
    ? Math.min(Math.max(seconds, 1), 3600) * 1000 * (1 + Math.random() / 5)
    : undefined;
}
