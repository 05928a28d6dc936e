# Seeds of a sunflower: each turns by one angle from the last.
from math import cos, radians, sin, sqrt
from os import environ

turn = radians(float(environ["INPUT_ANGLE"]))
with open("artifacts/sunflower.svg", "w") as svg:
    svg.write('<svg xmlns="http://www.w3.org/2000/svg" '
              'viewBox="-320 -140 640 280">')
    for n in range(900):
        x, y = 11 * sqrt(n) * cos(n * turn), 11 * sqrt(n) * sin(n * turn)
        svg.write(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{4 + n / 300:.1f}" '
                  f'fill="hsl({50 - n / 6:.0f} 90% 55%)"/>')
    svg.write("</svg>")
