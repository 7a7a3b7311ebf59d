"""A chart of what a lead costs as their number and the runs beside them grow, drawn as SVG from one run's medians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from pathlib import Path
from statistics import median

from benchmarks.frame import Log

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 56, 52
COLOURS = ("#2f6fde", "#d9822b")


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of the chart: its name, and points of a number and microseconds per lead, smallest number first."""

    name: str
    points: tuple[tuple[int, float], ...]


CURVES = (
    (
        "leads in the inbox, nothing beside them",
        {
            2_000: "one worker process, few leads",
            20_000: "one worker process",
            100_000: "one worker process, many leads",
        },
    ),
    (
        "waiting runs beside 20,000 leads, and as many finished",
        {
            10_000: "beside 10,000 + 10,000 runs",
            100_000: "beside 100,000 + 100,000 runs",
            1_000_000: "beside 1,000,000 + 1,000,000 runs",
        },
    ),
)


def curves(log: Log) -> tuple[Curve, ...]:
    """Return the curves of which all points were measured."""
    found = []
    for name, contestants in CURVES:
        if all(contestant in log.measured for contestant in contestants.values()):
            points = [
                (number, 1e6 / median(m.rate for m in log.measured[contestant]))
                for number, contestant in contestants.items()
            ]
            found.append(Curve(name, tuple(points)))
    return tuple(found)


def draw(found: Sequence[Curve], path: Path) -> None:
    """Write the chart: numbers on a logarithmic axis, microseconds per lead from zero up."""
    numbers = [number for curve in found for number, _ in curve.points]
    first, last = log10(min(numbers)), log10(max(numbers))
    top = _round_up(max(cost for curve in found for _, cost in curve.points))

    def x(number: float) -> float:
        return LEFT + (log10(number) - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(cost: float) -> float:
        return HEIGHT - BOTTOM - cost / top * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="bold">Cost per lead, one worker process, µs</text>',
    ]
    for step in range(5):
        cost = top * step / 4
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(cost):.1f}" y2="{y(cost):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(cost) + 4:.1f}" text-anchor="end">{cost:,.0f}</text>')
    parts += [
        f'<text x="{x(number):.1f}" y="{HEIGHT - 30}" text-anchor="middle">{number:,}</text>'
        for number in sorted(set(numbers))
    ]
    for place, (curve, colour) in enumerate(zip(found, COLOURS, strict=False)):
        line = " ".join(f"{x(number):.1f},{y(cost):.1f}" for number, cost in curve.points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x(number):.1f}" cy="{y(cost):.1f}" r="4" fill="{colour}">'
            f"<title>{number:,}: {cost:.0f} µs</title></circle>"
            for number, cost in curve.points
        ]
        at = LEFT + place * 330
        parts.append(f'<rect x="{at}" y="32" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{at + 18}" y="42">{escape(curve.name)}</text>')
    parts.append("</svg>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n", "utf-8")


def _round_up(cost: float) -> float:
    unit = 10.0 ** int(log10(cost))
    return next(unit * step for step in (1, 2, 4, 6, 8, 10) if unit * step >= cost)
