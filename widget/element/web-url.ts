/** An address as a link: a server's answer may name anything, and only web addresses are followed. */
export function webUrl(url: string, server: string): string {
  const resolved = URL.canParse(url, server) ? new URL(url, server) : undefined;
  return resolved && /^https?:$/.test(resolved.protocol) ? resolved.href : "about:blank";
}
