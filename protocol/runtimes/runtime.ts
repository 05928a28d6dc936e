/** Everything the product knows of a language, as data. A new runtime is a file beside this one and a line in all.ts. */
export interface RuntimeFacts {
  /** The program's file in its working directory. */
  readonly file: string;
  /**
   * Shell command that compiles and starts the program's file; `$1` is the interpreter. Absent: the responder has
   * a waiter of its own for the language.
   */
  readonly start?: string;
  /** Extensions of source files, by which `deferred sign` knows the language. */
  readonly extensions: readonly string[];
  /** Names of the interpreter in a shebang, without versions. */
  readonly shebangs: readonly string[];
  /** Paths of the interpreter, best first. */
  readonly places: readonly string[];
  /** Arguments that print the interpreter's version, and where the version stands in the output. */
  readonly version: { readonly args: readonly string[]; readonly pattern: RegExp };
  /** Debian packages of the interpreter; none: every machine has it. */
  readonly packages: readonly string[];
  /** What most projects need beside the interpreter: its Debian packages, and a file that is there with them. */
  readonly project?: { readonly packages: readonly string[]; readonly present: string };
  readonly highlight: {
    /** The language's name in `language-…` classes. */
    readonly name: string;
    /** Regular expressions: where a comment begins, keywords, and strings beside those in quotes. */
    readonly comment: string;
    readonly keywords: string;
    readonly strings?: string;
  };
}
