/** Names of the artifact with a run's whole output: the second is used where the program wrote a file of the first name. */
export const OUTPUT_FILES = ["output.txt", "output-all.txt"] as const;
