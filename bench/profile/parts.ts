/**
 * Which part of a run's work a stack frame belongs to. The expression is tested with the frame's source, from the
 * project's root, or Node's own module, a blank, and the function's name.
 */
export type PartRule = readonly [part: string, frame: RegExp];

/** Where several match, the first one wins. */
export const SERVER_PARTS: readonly PartRule[] = [
  ["flush", /( f?datasync$|^server\/database\/one-at-a-time)/],
  ["SQL: building statements", /^node_modules\/kysely\//],
  ["SQL: statements in SQLite", /^server\/database\/(sqlite|prepared-statements)\.ts /],
  ["SQL: JSON, ids, sealing", /^server\/database\//],
  ["parse", /^(server\/http\/(json-body|bodies\/.*)|node_modules\/valibot\/.*)/],
  [
    "verify",
    /^(blocks\/(?!receipt)|node_modules\/jose\/|server\/projects\/|server\/runs\/(block-checks|check-request))/,
  ],
  [
    "accept",
    /^server\/runs\/(submit|new-run|admission|callers|shared-runs|idempotency|routes|route-queries)/,
  ],
  [
    "dispatch: claims and leases",
    /^server\/(runs\/(claims|leases|claimant|lanes|lane-holds|pauses)|fleet\/(assign|fairness))/,
  ],
  ["wakes and machines", /^server\/(fleet|providers)\//],
  ["responder's calls", /^server\/(responders\/|runs\/attempt-reports)/],
  [
    "result: receipt, storage",
    /^(server\/(storage\/|runs\/(results?|stored-results|result-links|last-results|document|artifacts))|blocks\/receipt)/,
  ],
  [
    "stream to the reader",
    /^server\/runs\/(stream|follow|feed|changes|announced|encode|view|lookup)/,
  ],
  ["state of the run", /^server\/runs\//],
  ["logs and metrics", /^(server\/(logs|operate)\/|node_modules\/(pino|prom-client)\/)/],
  [
    "request: HTTP and routing",
    /^(server\/(http|main)|node_modules\/(@hono|hono)\/|node:internal\/deps\/undici)/,
  ],
  ["other code of the server", /^(server|protocol|cli|node_modules)\//],
];

export const RESPONDER_PARTS: readonly PartRule[] = [
  [
    "calls to the server",
    /^(responder\/client\/|protocol\/backoff|responder\/agent\/(claim|leases)|node_modules\/valibot\/)/,
  ],
  [
    "sandbox: start of processes",
    /^responder\/sandbox\/((native|lifecycle\/(launcher|waiting-process|spawn))|bubblewrap\/start)/,
  ],
  ["sandbox: control groups", /^responder\/sandbox\/cgroup\//],
  ["sandbox: pipes of the output", /^responder\/sandbox\/lifecycle\/fifos/],
  ["sandbox: rest", /^responder\/(sandbox|process|runtimes)\//],
  ["output and artifacts", /^responder\/(artifacts|execution)\//],
  ["attempts", /^responder\/(agent|command)\//],
  ["other code of the responder", /^(responder|protocol|node_modules)\//],
];

/** Work with no frame of the project: callbacks of Node, by its module. */
export const NODE_PARTS: readonly PartRule[] = [
  ["HTTP in Node", /^node:(_http|http|net|internal\/(stream_base|streams|http|webstreams))/],
  ["processes in Node", /^node:(internal\/)?child_process/],
  ["cryptography in Node", /^node:(internal\/)?(crypto|webcrypto)/],
  ["files in Node", /^node:(internal\/)?fs/],
  ["Node: promises, timers, events", /^node:/],
];
