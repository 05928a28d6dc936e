puts "This is what the author signed."
