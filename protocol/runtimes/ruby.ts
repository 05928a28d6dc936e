import type { RuntimeFacts } from "./runtime.ts";

export const ruby: RuntimeFacts = {
  file: "main.rb",
  extensions: [".rb"],
  shebangs: ["ruby"],
  places: ["/usr/bin/ruby", "/usr/local/bin/ruby"],
  version: { args: ["-v"], pattern: /^ruby (\d+\.\d+\.\d+)/ },
  packages: ["ruby"],
  project: {
    packages: ["ruby-full", "bundler", "build-essential"],
    present: "/usr/bin/bundle",
  },
  mark: "[STDOUT, STDERR].each { |out| out.write('MARK'); out.flush }",
  lastValue: true,
  highlight: {
    name: "ruby",
    comment: "(?<=^|\\s)#",
    keywords: "def|end|do|if|else|unless|while|puts|require|class|module",
  },
};
