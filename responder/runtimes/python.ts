import type { Waiter } from "./runtime.ts";

/**
 * Python imports `sitecustomize` at the end of its start, before it looks at the script: the program then
 * is its main script in every respect (`__file__`, tracebacks, `sys.argv`, `sys.path`).
 */
export const python: Waiter = {
  waiter: {
    file: "sitecustomize.py",
    text: `
def wait_for_code():
    import os, sys
    folder = os.path.dirname(__file__)
    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    del os.environ["PYTHONPATH"]
    os.write(3, b"r")
    data = bytearray()
    while part := os.read(3, 65536):
        data += part
    os.close(3)
    inputs, rest = bytes(data).split(b"\\0", 1)
    while not rest.startswith(b"\\0"):
        pair, rest = rest.split(b"\\0", 1)
        name, value = pair.split(b"=", 1)
        os.environb[name] = value
    with open("inputs.json", "wb") as file:
        file.write(inputs)
    with open("main.py", "wb") as file:
        file.write(rest[1:])

wait_for_code()
del wait_for_code
`,
  },
  command: (interpreter) => [interpreter, "main.py"],
  env: (folder) => ({ PYTHONPATH: folder, PYTHONUNBUFFERED: "1" }),
};
