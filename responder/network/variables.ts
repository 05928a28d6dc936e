/** Where programs of blocks find their proxy: each sandbox has a loopback of its own. */
export const FORWARDED_PORT = 3128;

/** The variables by which programs find a proxy. */
export function proxyVariables(url: string): Record<string, string> {
  const local = "127.0.0.1,localhost,::1";
  return {
    http_proxy: url,
    https_proxy: url,
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    no_proxy: local,
    NO_PROXY: local,
    // Node's own fetch and http heed the others only then.
    NODE_USE_ENV_PROXY: "1",
  };
}
