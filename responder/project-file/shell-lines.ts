/** A command as it stands in a script, and whether bash would read on after its last line. */
export interface ShellCommand {
  /** Number of its first line. */
  readonly line: number;
  readonly text: string;
  /** Its lines that begin outside of quotes and here-documents, by number and text. */
  readonly plain: readonly { readonly line: number; readonly text: string }[];
  /** The construct that is still open at the end of the file. */
  readonly open: string | undefined;
}

/** Reserved words that open a construct, with the word that closes it. */
const OPENING: Readonly<Record<string, string>> = {
  if: "fi",
  for: "done",
  while: "done",
  until: "done",
  select: "done",
  case: "esac",
  "{": "}",
};
/** Real scripts nest less deeply. */
const MAX_OPEN = 100;
/** Reserved words after which a command begins. */
const LEADING = new Set(["if", "while", "until", "then", "elif", "else", "do", "{", "!", "time"]);

const WORD = /[^\s;&|()<>'"`\\$#]+/y;
const HEREDOC = /<<(-?)[ \t]*((?:\\.|'[^'\n]*'|"[^"\n]*"|[^\s;&|()<>'"`\\])+)/y;

/**
 * Splits a script where bash would have read a whole command: at line ends that are in no quote, here-document,
 * group or compound command and do not follow `\`, `|`, `&&` or `||`. Takes time in proportion to the text.
 */
export function shellCommands(script: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  let at = 0;
  let line = 1;
  while (at < script.length) {
    const reader = new CommandReader(script, at, line);
    reader.read();
    const text = script.slice(at, reader.at);
    commands.push({ line, text, plain: reader.plain, open: reader.open });
    at = reader.at + 1;
    line = reader.line + 1;
  }
  return commands;
}

class CommandReader {
  readonly #script: string;
  /** The open constructs' closing words, innermost last. */
  readonly #closers: string[] = [];
  readonly #heredocs: { readonly end: string; readonly tabs: boolean }[] = [];
  readonly plain: { line: number; text: string }[] = [];
  at: number;
  line: number;
  open: string | undefined;
  /** Whether a word here would be the name of a command, so that reserved words count. */
  #leads = true;
  #goesOn = false;

  constructor(script: string, at: number, line: number) {
    this.#script = script;
    this.at = at;
    this.line = line;
  }

  /** Stops at the line end after the command, or at the end of the script. */
  read(): void {
    this.#notePlainLine();
    for (;;) {
      if (this.at >= this.#script.length) {
        const [heredoc] = this.#heredocs;
        this.open = heredoc ? `<<${heredoc.end}` : this.#closers.at(-1);
        return;
      }
      if (this.#script[this.at] === "\n") {
        if (this.#isWhole()) return;
        this.#nextLine();
      } else this.#step();
    }
  }

  #isWhole(): boolean {
    return this.#closers.length === 0 && this.#heredocs.length === 0 && !this.#goesOn;
  }

  #nextLine(): void {
    this.at++;
    this.line++;
    this.#leads = true;
    for (let heredoc = this.#heredocs[0]; heredoc; heredoc = this.#heredocs[0]) {
      if (this.at >= this.#script.length) return;
      const text = this.#restOfLine();
      this.at += text.length;
      if ((heredoc.tabs ? text.replace(/^\t+/, "") : text) === heredoc.end) {
        this.#heredocs.shift();
        if (this.#heredocs.length === 0) return;
      }
      this.at++;
      this.line++;
    }
    if (!this.#isQuoted()) this.#notePlainLine();
  }

  #notePlainLine(): void {
    this.plain.push({ line: this.line, text: this.#restOfLine() });
  }

  #restOfLine(): string {
    const end = this.#script.indexOf("\n", this.at);
    return this.#script.slice(this.at, end === -1 ? undefined : end);
  }

  #isQuoted(): boolean {
    const inner = this.#closers.at(-1);
    return inner === "'" || inner === "$'" || inner === '"' || inner === "${";
  }

  #step(): void {
    const inner = this.#closers.at(-1);
    const char = this.#script[this.at]!;
    if (inner === "'") {
      if (char === "'") this.#closers.pop();
      this.at++;
    } else if (char === "\\") this.#escape();
    else if (inner === "$'") {
      if (char === "'") this.#closers.pop();
      this.at++;
    } else if (this.#expansion(char, inner)) return;
    else if (inner === '"' || inner === "${") this.#quoted(char, inner);
    else this.#unquoted(char, inner);
  }

  /** Makes the next character literal, also a line end. */
  #escape(): void {
    if (this.#script[this.at + 1] === "\n") this.line++;
    else {
      this.#leads = false;
      this.#goesOn = false;
    }
    this.at = Math.min(this.at + 2, this.#script.length);
  }

  /** Constructs that are the same inside double quotes and outside. */
  #expansion(char: string, inner: string | undefined): boolean {
    if (char === "`") {
      if (inner === "`") this.#closers.pop();
      else this.#push("`");
      return this.#pass(1, inner !== "`");
    }
    if (char !== "$") return false;
    const next = this.#script.slice(this.at + 1, this.at + 3);
    if (next === "((") this.#push("))");
    else if (next.startsWith("(")) this.#push(")");
    else if (next.startsWith("{")) this.#push("${");
    else if (next.startsWith("'") && inner !== '"') this.#push("$'");
    else return this.#pass(1, false);
    return this.#pass(next === "((" ? 3 : 2, next.startsWith("("));
  }

  /** Inside an expansion a quote opens a new quotation, even if the expansion is between double quotes. */
  #quoted(char: string, inner: string): void {
    if (inner === '"' && char === '"') this.#closers.pop();
    else if (inner === "${" && char === "}") this.#closers.pop();
    else if (inner === "${" && (char === '"' || char === "'")) this.#push(char);
    this.#pass(1, false);
  }

  #unquoted(char: string, inner: string | undefined): void {
    if (char === "'" || char === '"') {
      this.#push(char);
      this.#pass(1, false);
    } else if (char === " " || char === "\t") this.at++;
    else if (inner === "))" || inner === "((") this.#arithmetic(char, inner);
    else if (char === "#" && /[\s;&|()]/.test(this.#script[this.at - 1] ?? " ")) {
      this.at += this.#restOfLine().length;
    } else if (char === "(" || char === ")") this.#parenthesis(char, inner);
    else if (char === "<") this.#input();
    else if (/[;&|]/.test(char)) {
      this.#pass(1, true);
      this.#goesOn = char === "|" || (char === "&" && /[&|]/.test(this.#script[this.at - 2] ?? ""));
    } else this.#word(inner);
  }

  #arithmetic(char: string, inner: string): void {
    if (char === "(") this.#push("((");
    else if (char === ")" && inner === "((") this.#closers.pop();
    else if (char === ")" && this.#script[this.at + 1] === ")") {
      this.#closers.pop();
      this.at++;
    }
    this.#pass(1, false);
  }

  #parenthesis(char: string, inner: string | undefined): void {
    const isArithmetic = char === "(" && this.#leads && this.#script[this.at + 1] === "(";
    if (isArithmetic) this.#push("))");
    else if (char === "(") this.#push(")");
    else if (inner === ")") this.#closers.pop();
    this.#pass(isArithmetic ? 2 : 1, true);
  }

  #input(): void {
    HEREDOC.lastIndex = this.at;
    const found = this.#script.startsWith("<<<", this.at) ? null : HEREDOC.exec(this.#script);
    if (found) {
      const end = found[2]!.replaceAll(/\\(.)|['"]/g, "$1");
      this.#heredocs.push({ end, tabs: found[1] === "-" });
    }
    const isHereString = this.#script.startsWith("<<<", this.at);
    this.#pass(found ? found[0].length : isHereString ? 3 : 1, false);
  }

  #word(inner: string | undefined): void {
    WORD.lastIndex = this.at;
    const word = WORD.exec(this.#script)?.[0] ?? this.#script[this.at]!;
    const after = this.#script[this.at + word.length] ?? "\n";
    const isReserved = this.#leads && /[\s;&|(]/.test(after);
    // The name of a function comes before its body.
    const names = this.#leads && word === "function" && after === " ";
    let leads = false;
    if (isReserved && word === inner) this.#closers.pop();
    else if (isReserved) {
      if (Object.hasOwn(OPENING, word)) this.#push(OPENING[word]!);
      leads = LEADING.has(word);
    }
    this.#pass(word.length, leads);
    if (names) {
      const name = /^[ \t]+[^\s;&|()<>]+/.exec(this.#restOfLine());
      this.#pass(name?.[0].length ?? 0, true);
    }
  }

  #push(closer: string): void {
    this.#closers.push(closer);
    if (this.#closers.length > MAX_OPEN) this.at = this.#script.length;
  }

  #pass(characters: number, leads: boolean): true {
    this.at += characters;
    this.#leads = leads;
    this.#goesOn = false;
    return true;
  }
}
