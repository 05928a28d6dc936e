/** Returns `url` if it is http or https: a server's answer may hold any scheme, `javascript:` included. */
export function webUrl(url: string, server: string): string {
  const resolved = URL.canParse(url, server) ? new URL(url, server) : undefined;
  return resolved && /^https?:$/.test(resolved.protocol) ? resolved.href : "about:blank";
}
