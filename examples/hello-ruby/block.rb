puts "1 + 2 + … + 100 = #{(1..100).sum}, at #{Time.now.utc}"
