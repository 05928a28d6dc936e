/** Where programs of a sandbox are looked for. */
export const PATH = "/opt/node/bin:/usr/local/bin:/usr/bin:/bin";
