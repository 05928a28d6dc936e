print("Looking for the largest prime.", flush=True)

n = largest = 2
while True:
    n += 1
    if all(n % d for d in range(2, int(n**0.5) + 1)):
        largest = n
