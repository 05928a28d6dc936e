import type { Runtime } from "./runtime.ts";

/**
 * Ruby opens the script, then loads what `-r` names, then reads the script: it finds what was written in
 * between, and `DATA`, `$0` and backtraces are its own.
 */
export const ruby: Runtime = {
  name: "ruby",
  file: "main.rb",
  opensFirst: true,
  places: ["/usr/bin/ruby", "/usr/local/bin/ruby"],
  version: { args: ["-v"], pattern: /^ruby (\d+\.\d+\.\d+)/ },
  waiter: {
    file: "wait.rb",
    text: `
lambda do
  control = IO.for_fd(3, "r+b")
  control.sync = true
  control.write("r")
  inputs, rest = control.read.split("\\0", 2)
  control.close
  until rest.start_with?("\\0")
    pair, rest = rest.split("\\0", 2)
    name, value = pair.split("=", 2)
    ENV[name.force_encoding("UTF-8")] = value.force_encoding("UTF-8")
  end
  File.binwrite("inputs.json", inputs)
  File.binwrite("main.rb", rest.byteslice(1..))
  $stdout.sync = true
  $LOADED_FEATURES.delete(__FILE__)
end.call
`,
  },
  args: (waiterFolder) => ["-r", `${waiterFolder}/wait.rb`, "main.rb"],
  env: () => ({}),
};
