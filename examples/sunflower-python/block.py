# A sunflower: each seed turns by one angle from the last.
from math import cos, radians, sin, sqrt
from os import environ

turn = radians(float(environ["INPUT_ANGLE"]))
put = open("artifacts/sunflower.svg", "w").write
put('<svg xmlns="http://www.w3.org/2000/svg"')
put(' viewBox="-320 -130 640 260">')
for n in range(900):
    far, hue = 11 * sqrt(n), 50 - n // 6
    x, y = round(far * cos(n * turn)), round(far * sin(n * turn))
    put(f'<circle cx="{x}" cy="{y}" r="5" fill="hsl({hue} 90% 55%)"/>')
put("</svg>\n")
