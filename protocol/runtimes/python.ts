import type { RuntimeFacts } from "./runtime.ts";

export const python: RuntimeFacts = {
  file: "main.py",
  extensions: [".py"],
  shebangs: ["python"],
  places: ["/usr/bin/python3"],
  version: { args: ["-V"], pattern: /^Python (\S+)/ },
  packages: ["python3"],
  project: {
    packages: ["python3", "python3-venv", "python3-pip"],
    present: "/usr/bin/pip3",
  },
  mark: "import os as _; _.write(1, b'MARK'); _.write(2, b'MARK'); del _",
  lastValue: true,
  highlight: {
    name: "python",
    comment: "#",
    keywords:
      "import|from|def|for|in|while|if|elif|else|return|with|as|True|False|None|not|and|or|print",
  },
};
