import type { RuntimeFacts } from "./runtime.ts";

export const bash: RuntimeFacts = {
  file: "main.sh",
  start: 'exec "$1" main.sh "${@:2}"',
  mark: "printf %s MARK; printf %s MARK >&2",
  extensions: [".bash", ".sh"],
  shebangs: ["bash", "sh"],
  places: ["/usr/bin/bash"],
  version: { args: ["--version"], pattern: /version (\d+\.\d+\.\d+)/ },
  packages: [],
  highlight: {
    name: "bash",
    comment: "(?<=^|\\s)#",
    keywords: "for|in|do|done|if|then|else|fi|while|echo",
  },
};
