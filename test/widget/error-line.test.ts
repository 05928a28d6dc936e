import { expect, test } from "vitest";
import type { StreamName } from "../../protocol/events.ts";
import { findErrorLine } from "../../widget/run/error-line.ts";

const lineOf = (text: string, stream: StreamName = "stderr") => {
  const place = findErrorLine([
    { stream: "stdout", text: "about to fail\n", cut: 0 },
    { stream, text, cut: 0 },
  ]);
  return place && [place.line, text.slice(place.start, place.end)];
};

test.each([
  [
    "Python, at the innermost frame of the program",
    'Traceback (most recent call last):\n  File "/work/main.py", line 4, in <module>\n    f(0)\n  File "/work/main.py", line 2, in f\n    return 10 / n\n  File "/usr/lib/python3.11/x.py", line 99, in g\nZeroDivisionError: division by zero\n',
    [2, "line 2"],
  ],
  ["Python's syntax errors", '  File "main.py", line 7\n    x =\nSyntaxError: x\n', [7, "line 7"]],
  [
    "Ruby, at the innermost frame",
    "main.rb:3:in `/': divided by 0 (ZeroDivisionError)\n\tfrom main.rb:3:in `f'\n\tfrom main.rb:9:in `<main>'\n",
    [3, "main.rb:3"],
  ],
  [
    "Node.js, at the line it quotes",
    "/tmp/w/main.js:5\n  throw new Error('x')\n  ^\n\nError: x\n    at f (/tmp/w/main.js:5:9)\n    at Object.<anonymous> (/tmp/w/main.js:8:1)\n",
    [5, "main.js:5"],
  ],
  ["Node.js modules", "file:///w/main.mjs:12\nfoo()\n^\n", [12, "main.mjs:12"]],
  [
    "Go, whose compiler says no more than the place",
    "# command-line-arguments\n./main.go:6:2: undefined: x\n",
    [6, "main.go:6:2"],
  ],
  [
    "Go's panics",
    "panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/w/main.go:5 +0x1d\nexit status 2\n",
    [5, "main.go:5"],
  ],
  ["bash", "main.sh: line 3: foo: command not found\n", [3, "line 3"]],
  ["Perl", "Illegal division by zero at main.pl line 4.\n", [4, "main.pl line 4"]],
  [
    "PHP",
    "PHP Fatal error:  Uncaught Error: x in /w/main.php:3\nStack trace:\n#0 {main}\n  thrown in /w/main.php on line 3\n",
    [3, "line 3"],
  ],
  [
    "gcc, past its warnings",
    "main.c: In function 'main':\nmain.c:2:7: warning: unused variable 'x'\nmain.c:4:3: error: expected ';'\n",
    [4, "main.c:4:3"],
  ],
  ["SQLite", "Parse error near line 2: no such table: t\n", [2, "line 2"]],
])("the line is found in errors of %s", (_, text, expected) => {
  expect(lineOf(text)).toEqual(expected);
});

test("stdout is read where stderr names no line", () => {
  expect(lineOf("main.rb:3:in `f'\n", "stdout")).toEqual([3, "main.rb:3"]);
});

test("other files, times and addresses are no lines of the program", () => {
  for (const text of [
    "domain.rb:3: x\n",
    'File "/usr/lib/python3/json.py", line 3\n',
    "at 12:30:05\n",
    "http://main.example:8080/\n",
    "line 3 is fine\n",
    "",
  ]) {
    expect([text, lineOf(text)]).toEqual([text, undefined]);
  }
});
