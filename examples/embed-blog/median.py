import random
import statistics

random.seed(7)
waits = [random.expovariate(1 / 5) for _ in range(10_000)]

print(f"mean   {statistics.mean(waits):5.2f} min")
print(f"median {statistics.median(waits):5.2f} min")
print(f"longer than the mean: {sum(w > 5 for w in waits) / len(waits):.0%}")
