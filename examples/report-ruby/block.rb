words = "a page a reader a button a machine a result".split
counts = words.tally.sort_by { |word, count| [-count, word] }

lines = counts.map { |word, count| "#{word},#{count}\n" }
File.write("artifacts/words.csv", lines.join)

most, _ = counts.first
puts "Counted #{words.size} words; the most frequent is '#{most}'."
