import type { Waiter } from "./runtime.ts";

/**
 * Node runs the `--require` module before it looks at the main file, which it then loads itself, as CommonJS or as an
 * ES module by its syntax. The interpreter is the responder's own.
 */
export const node: Waiter = {
  waiter: {
    file: "wait.cjs",
    text: `
// Worker threads run it again, after the program has begun.
if (require("node:worker_threads").isMainThread) {
  const fs = require("node:fs");
  // Forked children must not wait for code of their own.
  process.execArgv.length = 0;
  fs.writeSync(3, "r");
  const makeFolder = (path) => {
    if (path.includes("/")) fs.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  };
  const part = Buffer.allocUnsafe(65536);
  let rest = Buffer.alloc(0);
  const readMore = () => {
    const length = fs.readSync(3, part);
    if (length === 0) throw new Error("the files broke off");
    rest = Buffer.concat([rest, part.subarray(0, length)]);
  };
  const readLine = () => {
    while (!rest.includes(10)) readMore();
    const end = rest.indexOf(10);
    const line = rest.toString("utf8", 0, end);
    rest = rest.subarray(end + 1);
    return line;
  };
  for (let line; (line = readLine()) !== ""; ) {
    const blank = line.indexOf(" ");
    const path = line.slice(blank + 1);
    makeFolder(path);
    const file = fs.openSync(path, "w");
    for (let left = Number(line.slice(0, blank)); left > 0; ) {
      if (rest.length === 0) readMore();
      const taken = rest.subarray(0, left);
      fs.writeFileSync(file, taken);
      left -= taken.length;
      rest = rest.subarray(taken.length);
    }
    fs.closeSync(file);
  }
  const parts = [rest];
  for (let length; (length = fs.readSync(3, part)) > 0; ) parts.push(Buffer.from(part.subarray(0, length)));
  fs.closeSync(3);
  const data = Buffer.concat(parts);
  let start = 0;
  const field = () => {
    const end = data.indexOf(0, start);
    const text = data.toString("utf8", start, end);
    start = end + 1;
    return text;
  };
  fs.writeFileSync("inputs.json", field());
  for (let pair; (pair = field()) !== ""; ) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals);
    const value = pair.slice(equals + 1);
    if (name === "arg") process.argv.push(value);
    else if (name === "file") {
      const [path, text] = value.split(":");
      makeFolder(path);
      fs.writeFileSync(path, text, "base64");
    } else if (name === "stdin") {
      fs.writeFileSync("stdin", value);
      // open() takes the lowest free descriptor: 0.
      fs.closeSync(0);
      fs.openSync("stdin");
      fs.unlinkSync("stdin");
    } else process.env[name] = value;
  }
  fs.writeFileSync("main.js", data.subarray(start));
  delete require.cache[__filename];
}
`,
  },
  command: (interpreter, folder) => [
    ...[interpreter, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"],
    ...["--require", `${folder}/wait.cjs`, "main.js"],
  ],
};
