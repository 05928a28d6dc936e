import { ulimits } from "./rlimits.ts";

/** Descriptors a sandbox is given: three for the program, control, status, five files. */
const LAST_DESCRIPTOR = 9;

/**
 * A command that joins its control groups, sets limits, closes inherited descriptors and then executes `argv`: the
 * sandbox never runs outside of them.
 */
export function launcher(
  argv: readonly string[],
  joins: readonly string[],
  descriptors?: number,
): readonly [string, ...string[]] {
  const script = [
    "set -e",
    ...joins.map((file) => `echo 0 >${quote(file)}`),
    // Should the host itself run out of memory, sandboxes go first.
    "echo 1000 >/proc/self/oom_score_adj",
    ulimits(descriptors),
    `for fd in /proc/self/fd/*; do fd=\${fd##*/}; if ((fd > ${LAST_DESCRIPTOR})); then exec {fd}>&-; fi; done`,
    'exec "$@"',
  ];
  return ["/bin/bash", "-c", script.join("\n"), "deferred-launcher", ...argv];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
