import type { Waiter } from "./runtime.ts";

/**
 * Ruby reads its script first, so the waiter is the script and then runs the program at the top level under its own
 * name: `$0`, `__FILE__`, `DATA` and `require_relative` work as in a plain start, and the waiter's frames are removed
 * from an uncaught exception. Only `caller` shows them.
 */
export const ruby: Waiter = {
  waiter: {
    file: "wait.rb",
    text: `
keep_value = lambda do
  wants_value = false
  control = IO.for_fd(3, "r+b")
  control.sync = true
  control.write("r")
  make_folder = lambda do |path|
    path.split("/")[..-2].inject(".") { |at, part| File.join(at, part).tap { |to| Dir.exist?(to) || Dir.mkdir(to) } }
  end
  until (line = control.gets.to_s) == "\\n"
    size, path = line.chomp.split(" ", 2)
    make_folder.(path)
    IO.copy_stream(control, path, Integer(size))
  end
  inputs, rest = control.read.split("\\0", 2)
  control.close
  until rest.start_with?("\\0")
    pair, rest = rest.split("\\0", 2)
    name, value = pair.split("=", 2)
    value.force_encoding("UTF-8")
    case name
    when "arg" then ARGV << value
    when "file"
      path, text = value.split(":", 2)
      make_folder.(path)
      File.binwrite(path, text.unpack1("m"))
    when "value" then wants_value = true
    when "stdin"
      File.open("stdin", "wb+") do |file|
        File.unlink("stdin")
        file.write(value)
        file.rewind
        $stdin.reopen(file)
      end
    else ENV[name.force_encoding("UTF-8")] = value
    end
  end
  code = rest.byteslice(1..)
  File.binwrite("inputs.json", inputs)
  File.binwrite("main.rb", code)
  if (mark = code =~ /^__END__$\\n?/n)
    Object.const_set(:DATA, File.open("main.rb"))
    DATA.seek(mark + $~[0].bytesize)
  end
  $~ = nil
  $stdout.sync = true
  $0 = "main.rb"
  path = File.expand_path("value.json")
  lambda do |last|
    next unless wants_value
    require "json"
    File.write(path, JSON.generate(last))
  rescue StandardError, SystemStackError => error
    File.write(path, "no value: #{error.message}")
  end
end.call

begin
  keep_value.(RubyVM::InstructionSequence.compile_file("main.rb").eval)
rescue SystemExit, SignalException
  raise
rescue Exception => error
  own = /\\A(?:#{Regexp.escape(__FILE__)}|<internal:[^>]*>):\\d+:in /
  at = error
  while at
    frames = at.backtrace
    frames.pop while frames&.last&.match?(own)
    at.set_backtrace(frames) if frames
    at = at.cause
  end
  if error.is_a?(SyntaxError) && error.backtrace.to_a.empty?
    $stderr.puts(error.message)
    exit!(1)
  end
  raise
end
`,
  },
  command: (interpreter, folder) => [interpreter, `${folder}/wait.rb`],
};
