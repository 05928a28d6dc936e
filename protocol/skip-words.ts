/** The forms of GitHub Actions, GitLab and Azure Pipelines, in any case. */
const SKIP_WORDS = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|\*\*\*NO_CI\*\*\*/i;

/**
 * The words in a commit's message that ask for no run, in its subject or below; undefined where there are
 * none.
 */
export function skipWords(message: string): string | undefined {
  return SKIP_WORDS.exec(message)?.[0];
}
