/** A signature is a file of its own, beside the code: `x.py` and `x.py.block`. */
export const SIGNATURE_SUFFIX = ".block";

/** A signed file of a gist, as `GET /v1/gists/{user}/{id}` answers it. */
export interface GistFile {
  /** The owner, as GitHub writes the name. */
  user: string;
  id: string;
  /** Id of the gist's commit. */
  revision: string | undefined;
  file: string;
  /** Name of the code's language, for a `language-…` class. */
  language: string;
  /** The signed token. */
  block: string;
  /** Canonical code. */
  code: string;
}
