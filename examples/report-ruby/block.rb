words = "a page a reader a button a machine a result".split
counts = words.tally.sort_by { |word, count| [-count, word] }

File.write("artifacts/words.csv", counts.map { |row| row.join(",") }.join("\n") + "\n")
puts "Counted #{words.size} words; the most frequent is \"#{counts.first.first}\"."
