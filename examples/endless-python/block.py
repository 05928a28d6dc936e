from time import sleep

sheep = 0
while True:
    sheep += 1
    print(f"{sheep} sheep over the fence", flush=True)
    sleep(0.5)
