with open("artifacts/squares.txt", "w") as file:
    for n in range(1, 21):
        file.write(f"{n:2} squared is {n * n:3}\n")
