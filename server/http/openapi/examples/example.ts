/** A request and its answer, as the docs show them. */
export interface CallExample {
  /** Values of the path's parameters, besides `owner` and `name`. */
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  /** The body of the first answer that has one. */
  answer?: unknown;
}

/** By method and path, as the document names them. */
export type CallExamples = Record<string, CallExample>;

/** Ids that several examples have in common, so that they tell one story. */
export const IDS = {
  run: "3m8kq0v7x2c5t1b4n6j0h3fgd9",
  commandRun: "1t7wz4c0p9e6r2k8y5b3m0xhq4",
  machine: "6d2fa9s0j4vq8n1c7kx5w3g0te",
  user: "2y5hg8q1r0m7c4k9v6x3bn0dwz",
  token: "0c9vt3p7k2d8m5x1h6qa4j0rfs",
  kid: "n4Cj1QvUqI0gk3Pd0O8sVxw5b1nJm3lcqMTRYXb7Zk4",
  commit: "4f2a91c07d3e5b8169f0a2c4d6e8b0f1a3c5d7e9",
  block: "h3k9m2p7q4r8t1vw",
} as const;

export const ADA = { kind: "user", id: IDS.user, name: "ada" };

export const SERVER = "https://runner.example";

/** Stands for a block's whole token. */
export const BLOCK_TOKEN = "eyJhbGciOiJFZERTQSIs…";

export const SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
