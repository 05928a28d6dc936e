/** The facts of a language, as data. A new runtime is a file beside this one and a line in all.ts. */
export interface RuntimeFacts {
  /** The program's file in its working directory. */
  readonly file: string;
  /**
   * Shell command that compiles and starts the program's file; `$1` is the interpreter, `"${@:2}"` are the program's
   * arguments. Absent: the responder has a waiter of its own for the language.
   */
  readonly start?: string;
  /** Extensions of source files, by which `deferred sign` recognizes the language. */
  readonly extensions: readonly string[];
  /** Names of the interpreter in a shebang, without versions. */
  readonly shebangs: readonly string[];
  /** Paths of the interpreter, in order of preference. */
  readonly places: readonly string[];
  /** Arguments that print the interpreter's version, and the version's pattern in the output. */
  readonly version: { readonly args: readonly string[]; readonly pattern: RegExp };
  /** Debian packages of the interpreter; none: every machine has it. */
  readonly packages: readonly string[];
  /**
   * Debian packages that most projects need beside the interpreter, and a file that exists once they are
   * installed.
   */
  readonly project?: { readonly packages: readonly string[]; readonly present: string };
  /**
   * A line of code that writes `MARK` to stdout and stderr. It stands between the code that a block builds on and its
   * own; absent: blocks of the runtime build on none.
   */
  readonly mark?: string;
  /** Whether its waiter can make the last expression the result's value. */
  readonly lastValue?: true;
  readonly highlight: {
    /** The language's name in `language-…` classes. */
    readonly name: string;
    /** Regular expressions: the start of a comment, keywords, and strings besides quoted ones. */
    readonly comment: string;
    readonly keywords: string;
    readonly strings?: string;
  };
}
