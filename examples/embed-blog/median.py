import random
import statistics

random.seed(7)
waits = [random.expovariate(1 / 5) for _ in range(10_000)]

print(f"mean   {statistics.mean(waits):5.2f} min")
print(f"median {statistics.median(waits):5.2f} min")
longer = sum(wait > 5 for wait in waits) / len(waits)
print(f"longer than five minutes: {longer:.0%}")
