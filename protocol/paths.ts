/** Paths of the HTTP API, relative to the server's URL. */
export const paths = {
  runs: "/v1/runs",
  run: (id: string) => `/v1/runs/${id}`,
  runEvents: (id: string) => `/v1/runs/${id}/events`,
  runResult: (id: string) => `/v1/runs/${id}/result`,
  events: "/v1/events",
  wake: "/v1/wake",
  keys: (slug: string) => `/v1/projects/${slug}/keys`,
  key: (slug: string, kid: string) => `/v1/projects/${slug}/keys/${kid}`,
  /** The project's public keys that may sign, as a JWK set. */
  projectKeys: (slug: string) => `/v1/projects/${slug}/jwks.json`,
  revokedBlocks: (slug: string) => `/v1/projects/${slug}/revoked-blocks`,
  jwks: "/.well-known/jwks.json",
  responder: {
    progress: "/v1/responder/progress",
    register: "/v1/responder/register",
    claim: "/v1/responder/claim",
    renew: "/v1/responder/renew",
    started: (run: string) => `/v1/responder/runs/${run}/started`,
    output: (run: string) => `/v1/responder/runs/${run}/output`,
    artifacts: (run: string) => `/v1/responder/runs/${run}/artifacts`,
    finish: (run: string) => `/v1/responder/runs/${run}/finish`,
    leave: "/v1/responder/leave",
  },
} as const;

/** Keys in storage, which are also paths below the results URL. */
export const storageKeys = {
  result: (run: string) => `results/${run}/result.json`,
  artifact: (run: string, attempt: number, name: string) =>
    `results/${run}/${attempt}/${name.split("/").map(encodeURIComponent).join("/")}`,
} as const;
