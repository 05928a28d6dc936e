require "greeting"

# Without a gem: what is not so ends with a status that is not 0.
def same(expected, actual)
  return puts("ok  #{actual}") if expected == actual

  abort "expected #{expected.inspect}, got #{actual.inspect}"
end

same "Hello, Ada", Greeting.for("Ada", words: "Hello")
same "Good morning, Grace", Greeting.for("Grace")
