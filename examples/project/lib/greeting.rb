# What a person is greeted with.
module Greeting
  def self.for(name, words: ENV.fetch("GREETING", "Hello"))
    "#{words}, #{name}"
  end
end
