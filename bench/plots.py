"""Draws the pictures of docs/benchmarks.md, from data that was measured.

  plots.py cold RESULTS.jsonl OUT.svg      Ready objects over the seconds of a cold start (bench.py, scenario cold)
  plots.py hour COUNTS.json OUT.svg        refreshes in each second of an hour (alone.py --hour COUNTS.json)
"""
import json
import pathlib
import sys

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 46
STYLE = "font-family:sans-serif;font-size:12px;fill:#444"


def nice(most: float) -> float:
    """A round step for about five lines up to there."""
    step = 1.0
    while most / step > 6:
        step *= 2.5 if str(step)[0] == "2" else 2
    return step


def picture(title: str, across: str, points: list[tuple[float, float]], *, bars: bool = False) -> str:
    """A line or an area of bars, with axes."""
    far, high = max(x for x, _ in points) or 1, max(y for _, y in points) or 1
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    high *= 1.05

    def at(x: float, y: float) -> str:
        return f"{LEFT + wide * x / far:.1f},{TOP + tall * (1 - y / high):.1f}"

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', f'<text x="{LEFT}" y="20" style="{STYLE};font-weight:bold">{title}</text>']
    step = nice(high)
    for number in range(int(high / step) + 1):
        y = TOP + tall * (1 - number * step / high)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" style="{STYLE}">{number * step:,.0f}</text>')
    step = nice(far)
    for number in range(int(far / step) + 1):
        x = LEFT + wide * number * step / far
        parts.append(f'<path d="M{x:.1f} {TOP + tall}v5" stroke="#888"/>')
        parts.append(f'<text x="{x:.1f}" y="{TOP + tall + 18}" text-anchor="middle" style="{STYLE}">{number * step:,.0f}</text>')
    parts.append(f'<text x="{LEFT + wide / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle" style="{STYLE}">{across}</text>')
    if bars:
        drawn = "".join(f"M{at(x, 0)}L{at(x, y)}" for x, y in points if y)
        parts.append(f'<path d="{drawn}" stroke="#2563a8" stroke-width="1" fill="none"/>')
    else:
        parts.append(f'<path d="M{"L".join(at(x, y) for x, y in points)}" stroke="#2563a8" stroke-width="2" fill="none"/>')
    return "\n".join([*parts, "</svg>", ""])


def cold(source: pathlib.Path) -> str:
    runs = [json.loads(line) for line in source.read_text().splitlines()]
    run = next(run for run in reversed(runs) if run["scenario"] == "cold")
    title = f"{run['n']:,} ExternalSecrets from the start of the operator: how many are Ready"
    return picture(title, "seconds since the operator was started", [tuple(point) for point in run["ready_over_seconds"]])


def hour(source: pathlib.Path) -> str:
    found = json.loads(source.read_text())
    title = f"{found['objects']:,} ExternalSecrets, refreshed every hour: refreshes in each second"
    return picture(title, f"seconds of an hour of virtual time (peak {max(found['counts'])}, mean {sum(found['counts']) / len(found['counts']):.1f} a second)",
                   list(enumerate(found["counts"])), bars=True)


if __name__ == "__main__":
    what, source, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    out.write_text({"cold": cold, "hour": hour}[what](source))
