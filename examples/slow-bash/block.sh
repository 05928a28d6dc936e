for step in 1 2 3 4 5 6 7 8; do
  echo "step $step of 8, $(date -u +%T) UTC"
  sleep 1
done
