import type { Waiter } from "./runtime.ts";

/** Python trusts this file of bytecode without a look at the source, since nobody can change either. */
const COMPILE = `
import binascii, importlib.util as util, importlib._bootstrap_external as external, sys
file, text = sys.argv[1], sys.argv[2].encode()
code = compile(text, file, "exec", dont_inherit=True)
print(util.cache_from_source(file))
print(binascii.b2a_base64(external._code_to_hash_pyc(code, util.source_hash(text), checked=False)).decode())
`;

/**
 * Python imports `sitecustomize` at the end of its start, before it looks at the script: the program then
 * is its main script in every respect (`__file__`, tracebacks, `sys.argv`, `sys.path`).
 */
export const python: Waiter = {
  waiter: {
    file: "sitecustomize.py",
    text: `
def wait_for_code():
    import binascii, os, sys
    folder = os.path.dirname(__file__)
    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    del os.environ["PYTHONPATH"]
    os.write(3, b"r")
    with open(3, "rb") as control:
        while (line := control.readline()) != b"\\n":
            size, path = line.decode()[:-1].split(" ", 1)
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            left = int(size)
            with open(path, "wb") as file:
                while left and (part := control.read(min(left, 65536))):
                    left -= file.write(part)
        data = control.read()
    inputs, rest = data.split(b"\\0", 1)
    wants_value = False
    while not rest.startswith(b"\\0"):
        pair, rest = rest.split(b"\\0", 1)
        name, value = pair.split(b"=", 1)
        if name == b"arg":
            sys.argv.append(os.fsdecode(value))
        elif name == b"stdin":
            with open("stdin", "wb+", 0) as file:
                os.unlink("stdin")
                file.write(value)
                file.seek(0)
                os.dup2(file.fileno(), 0)
        elif name == b"file":
            path, text = value.decode().split(":")
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "wb") as file:
                file.write(binascii.a2b_base64(text))
        elif name == b"value":
            wants_value = True
        else:
            os.environb[name] = value
    with open("inputs.json", "wb") as file:
        file.write(inputs)
    with open("main.py", "wb") as file:
        file.write(rest[1:])
    if wants_value:
        keep_last_value(rest[1:])

def keep_last_value(code):
    """Makes main.py a compiled file that hands its last expression to a function and is the source again once it
    runs: tracebacks show the author's lines and columns."""
    import ast, builtins, importlib._bootstrap_external, json, os
    source, value = os.path.abspath("main.py"), os.path.abspath("value.json")

    def begin():
        del builtins._deferred_begin
        with open(source, "wb") as file:
            file.write(code)

    def end(last):
        del builtins._deferred_end
        try:
            text = json.dumps(last, default=repr)
        except Exception as error:
            text = f"no value: {error}"
        with open(value, "w") as file:
            file.write(text)

    def call(name, at, *args):
        function = ast.copy_location(ast.Name(name, ast.Load()), at)
        made = ast.copy_location(ast.Call(function, list(args), []), at)
        return ast.copy_location(ast.Expr(made), at)

    try:
        tree = ast.parse(code, source)
    except (SyntaxError, ValueError):
        return
    body = tree.body
    if not body or not isinstance(body[-1], ast.Expr):
        return
    body[-1] = call("_deferred_end", body[-1].value, body[-1].value)
    first = 0
    while first < len(body) - 1 and (
        isinstance(body[first], ast.ImportFrom) and body[first].module == "__future__"
        or first == 0 and ast.get_docstring(tree, clean=False) is not None
    ):
        first += 1
    body.insert(first, call("_deferred_begin", body[first]))
    builtins._deferred_begin, builtins._deferred_end = begin, end
    compiled = importlib._bootstrap_external._code_to_timestamp_pyc(compile(tree, "main.py", "exec"))
    with open(source, "wb") as file:
        file.write(compiled)

wait_for_code()
del wait_for_code, keep_last_value
`,
  },
  compile: ["-I", "-S", "-c", COMPILE],
  command: (interpreter) => [interpreter, "main.py"],
  env: (folder) => ({ PYTHONPATH: folder, PYTHONUNBUFFERED: "1" }),
};
