/** Variables with which the runner describes a run to its commands. */
const RUN_VARIABLES = [
  "DEFERRED",
  "DEFERRED_PROJECT",
  "DEFERRED_RUN",
  "DEFERRED_COMMIT",
  "DEFERRED_REF",
  "DEFERRED_BRANCH",
  "DEFERRED_STATUS",
] as const;
export type RunVariable = (typeof RUN_VARIABLES)[number];

/** The mistake in a secret's name that would hide a variable of the run; undefined where it hides none. */
export function hiddenVariable(name: string): string | undefined {
  const isHidden = RUN_VARIABLES.some((variable) => variable === name);
  return isHidden ? `every run has a variable ${name} of its own; choose another name` : undefined;
}
