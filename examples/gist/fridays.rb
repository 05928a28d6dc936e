require "date"

13.times do |n|
  friday = Date.new(2026, 1, 13) >> n
  puts friday.strftime("%-d %B %Y") if friday.friday?
end
