"""Draw the panels of manifests/monitoring/dashboard.json from a real Prometheus, as SVG on standard output.

Usage: dashboard.py URL START SECONDS        URL of Prometheus, start in Unix seconds, and how long to draw

It shows what Grafana would: the same expressions, asked for the same range. Nothing but Python is needed.
"""

import argparse
import html
import json
import math
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

DASHBOARD = pathlib.Path(__file__).resolve().parent.parent / "manifests" / "monitoring" / "dashboard.json"
COLUMN, ROW, GAP = 50, 27, 8
POINTS = 120
RATE_SECONDS = 20
LEGEND = 14
COLORS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#37872d", "#fade2a", "#8ab8ff", "#ffb357")
THRESHOLDS = {"green": "#73bf69", "red": "#f2495c", "blue": "#5794f2"}
UNITS = {"s": "s", "ops": "/s"}

Line = list[tuple[float, float]]
Panel = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A Prometheus and a span of time."""

    url: str
    start: float
    seconds: float

    def lines(self, expression: str) -> list[tuple[dict[str, str], Line]]:
        """Every series of the expression over the span."""
        text = expression.replace("$__rate_interval", f"{RATE_SECONDS}s").replace("$job", ".*")
        end, step = self.start + self.seconds, self.seconds / POINTS
        query = urllib.parse.urlencode({"query": text, "start": self.start, "end": end, "step": step})
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{query}", timeout=30) as answer:
            found = json.load(answer)["data"]["result"]
        return [(one["metric"], [(at, float(text)) for at, text in one["values"]]) for one in found]


def named(labels: dict[str, str], legend: str) -> str:
    text = re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend)
    # The port and the namespace of a run say nothing.
    return re.sub(r"scene-[0-9a-f]{10}", "team-a", re.sub(r"127\.0\.0\.1:\d+", "esoctl", text))


def number(value: float, unit: str) -> str:
    size = abs(value)
    short = f"{value:.3g}" if size < 1000 else f"{value / 1000:.3g}k"
    if unit == "s" and 0 < size < 1:
        return f"{value * 1000:.3g} ms"
    return f"{short}{' ' if unit == 's' else ''}{UNITS.get(unit, '')}"


def top_of(values: Sequence[float]) -> float:
    """The next round number above."""
    most = max(values, default=0.0) or 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def text(x: float, y: float, words: str, size: int = 11, fill: str = "#ccccdc", anchor: str = "start") -> str:
    style = f'font-size="{size}" fill="{fill}" text-anchor="{anchor}"'
    return f'<text x="{x:.0f}" y="{y:.0f}" {style}>{html.escape(words)}</text>'


def frame(panel: Panel) -> tuple[float, float, float, float]:
    place = panel["gridPos"]
    x, y = place["x"] * COLUMN + GAP, place["y"] * ROW + GAP
    return x, y, place["w"] * COLUMN - GAP, place["h"] * ROW - GAP


def panel_of(panel: Panel, source: Source) -> Iterator[str]:
    x, y, width, height = frame(panel)
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="3" fill="#181b1f" stroke="#2c3235"/>'
    yield text(x + 8, y + 17, panel["title"], 12, "#ffffff")
    found = [
        (named(labels, target["legendFormat"]), line)
        for target in panel["targets"]
        for labels, line in source.lines(target["expr"])
    ]
    draw = {"stat": stat, "table": table, "timeseries": graph}[panel["type"]]
    yield from draw(panel, found, source)


def stat(panel: Panel, found: list[tuple[str, Line]], source: Source) -> Iterator[str]:
    x, y, width, height = frame(panel)
    line = found[0][1] if found else []
    value = line[-1][1] if line else math.nan
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    color = THRESHOLDS[reached[-1]]
    if line:
        most = top_of([number for _, number in line])
        points = list(points_of(line, (x, y + height * 0.55, width, height * 0.42), most, source))
        yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-opacity="0.5"/>'
    yield text(x + width / 2, y + height * 0.62, "-" if math.isnan(value) else f"{value:g}", 34, color, "middle")


def table(panel: Panel, _: list[tuple[str, Line]], source: Source) -> Iterator[str]:
    """Who was in the table at any time of the span; Grafana shows those of now."""
    x, y, width, height = frame(panel)
    labels = [labels for labels, _ in source.lines(panel["targets"][0]["expr"])]
    yield text(x + 8, y + 38, "namespace", 11, "#8e8e9a")
    yield text(x + width / 2, y + 38, "name", 11, "#8e8e9a")
    room = int((height - 50) // 18)
    for place, one in enumerate(labels[:room]):
        yield text(x + 8, y + 58 + 18 * place, named(one, "{{namespace}}"))
        yield text(x + width / 2, y + 58 + 18 * place, one["name"])
    if len(labels) > room:
        yield text(x + width - 8, y + 17, f"{len(labels)} at some time", 11, "#8e8e9a", "end")


def graph(panel: Panel, found: list[tuple[str, Line]], source: Source) -> Iterator[str]:
    x, y, width, height = frame(panel)
    defaults = panel["fieldConfig"]["defaults"]
    if defaults["custom"]["stacking"]["mode"] == "normal":
        found = stacked(found)
    shown = legend(found, width)
    area = (x + 52, y + 28, width - 62, height - 50 - LEGEND * len(shown))
    most = top_of([value for _, line in found for _, value in line if math.isfinite(value)])
    yield from axes(area, most, defaults["unit"], source)
    for place, (_, line) in enumerate(found):
        color = COLORS[place % len(COLORS)]
        for piece in pieces(line, source):
            points = " ".join(points_of(piece, area, most, source))
            yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.3"/>'
    for down, entries in enumerate(shown):
        at = x + 10.0
        for place, name in entries:
            level = y + height - 8 - LEGEND * (len(shown) - 1 - down)
            yield f'<rect x="{at:.0f}" y="{level - 5:.0f}" width="9" height="3" fill="{COLORS[place % len(COLORS)]}"/>'
            yield text(at + 13, level, name, 9)
            at += room_of(name)
    if not found:
        yield text(x + width / 2, y + height / 2, "none", 12, "#8e8e9a", "middle")


def room_of(name: str) -> float:
    return 24 + 4.8 * len(name)


def legend(found: list[tuple[str, Line]], width: float) -> list[list[tuple[int, str]]]:
    """The names in lines that fit; what does not fit into three is left out."""
    lines: list[list[tuple[int, str]]] = [[]]
    for place, (name, _) in enumerate(found):
        if sum(room_of(known) for _, known in lines[-1]) + room_of(name) > width - 16:
            lines.append([])
        lines[-1].append((place, name))
    return [line for line in lines if line][:3]


def stacked(found: list[tuple[str, Line]]) -> list[tuple[str, Line]]:
    below: dict[float, float] = {}
    result = []
    for name, line in found:
        for at, value in line:
            below[at] = below.get(at, 0.0) + value
        result.append((name, [(at, below[at]) for at, _ in line]))
    return result


def pieces(line: Line, source: Source) -> Iterator[Line]:
    """The parts of a line without gaps."""
    step, piece = source.seconds / POINTS, Line()
    for at, value in line:
        if piece and (at - piece[-1][0] > 1.5 * step or not math.isfinite(value)):
            yield piece
            piece = Line()
        if math.isfinite(value):
            piece.append((at, value))
    if piece:
        yield piece


def points_of(line: Line, area: tuple[float, float, float, float], most: float, source: Source) -> Iterator[str]:
    x, y, width, height = area
    for at, value in line:
        across, up = (at - source.start) / source.seconds, value / most
        yield f"{x + across * width:.1f},{y + height * (1 - up):.1f}"


def axes(area: tuple[float, float, float, float], most: float, unit: str, source: Source) -> Iterator[str]:
    x, y, width, height = area
    for share in (0.0, 0.5, 1.0):
        level = y + height * (1 - share)
        yield f'<line x1="{x}" y1="{level:.0f}" x2="{x + width}" y2="{level:.0f}" stroke="#2c3235"/>'
        yield text(x - 5, level + 4, number(most * share, unit), 9, "#8e8e9a", "end")
    for minute in range(0, int(source.seconds // 60) + 1, 2):
        yield text(x + width * minute * 60 / source.seconds, y + height + 13, f"{minute} min", 9, "#8e8e9a", "middle")


def drawing(source: Source) -> Iterator[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"]) * ROW + 2 * GAP
    width = 24 * COLUMN + GAP
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    yield f'<rect width="{width}" height="{height}" fill="#111217"/>'
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            x, y, *_ = frame(panel)
            yield text(x, y + 15, panel["title"], 14, "#ffffff")
        else:
            yield from panel_of(panel, source)
    yield "</svg>"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("start", type=float, nargs="?", default=time.time() - 3600)
    parser.add_argument("seconds", type=float, nargs="?", default=3600.0)
    chosen = parser.parse_args()
    sys.stdout.writelines(f"{piece}\n" for piece in drawing(Source(chosen.url, chosen.start, chosen.seconds)))
