/** As GitHub Actions, GitLab and Azure Pipelines know them, in capitals or not. */
const SKIP_WORDS = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|\*\*\*NO_CI\*\*\*/i;

/** The words in a commit's message, its subject or below, that ask for no run; undefined where there are none. */
export function skipWords(message: string): string | undefined {
  return SKIP_WORDS.exec(message)?.[0];
}
