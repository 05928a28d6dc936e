/** What `deferred` exits with, beside a program's own exit status. Documented in docs/cli.md. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  /** The request was refused or could not begin, or a check failed (`EX_DATAERR`). */
  refused: 65,
  /** No server could be reached (`EX_UNAVAILABLE`). */
  unreachable: 69,
  /** The run ended `errored`: the service's fault, not the program's (`EX_SOFTWARE`). */
  errored: 70,
  /** The server's disk failed or is full (`EX_IOERR`). */
  diskFailed: 74,
  /** As `timeout` does. */
  timedOut: 124,
  /** As a shell does for SIGINT. */
  canceled: 130,
  /** As a shell does for SIGKILL: out of memory. */
  killed: 137,
  /** As a shell does for SIGPIPE: the reader of the output closed early. */
  unread: 141,
} as const;
