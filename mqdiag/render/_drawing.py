"""
Picture -> Drawing: where everything stands on paper, in the units of an SVG that is `WIDTH` wide.

The lanes run down, so that a phone can show them: the client's on the left, the server's on the right, each with
its records beside it and the refusal between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mqdiag.model import Side
    from mqdiag.render._picture import Arrow, Attempts, Lane, Mark, Picture

WIDTH = 440
LANES: Mapping[Side | None, float] = {"client": 146, "server": 294, None: 220}
RADIUS = 11
TOP, STEP, BOTTOM = 92, 42, 30
LONGEST_GAP = 30  # units that a gap in time adds at most
HEAD_LETTERS = 22  # of a host's name that fit into the head of a lane
LABEL_HALF = 26  # half the width of the arrow's label
LABEL_LETTERS = 20  # that fit beside a lane
CHART = 30  # height of the bars of the attempts
MARGIN = 34


@dataclass(frozen=True, slots=True)
class Head:
    lane: Lane
    x: float
    host: str
    text_x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A mark in its place; its label stands at `text_x`, outside of the lane."""

    mark: Mark
    x: float
    y: float
    text_x: float
    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """The arrow of the refusal: a line and the triangle of its head. `known`: both ends have a record of it."""

    x1: float
    y1: float
    x2: float
    y2: float
    head: str
    text_x: float
    text_y: float
    known: bool


@dataclass(frozen=True, slots=True)
class Burst:
    """Around the mark where it broke; `text_x` is where that is said."""

    x: float
    y: float
    text_x: float
    anchor: str
    says: str  # a key of the document's words


@dataclass(frozen=True, slots=True)
class Chart:
    """The attempts as bars; `bars` is the data of one SVG path, empty where the single times are not known."""

    attempts: Attempts
    y: float
    base: float
    left: float
    right: float
    bars: str


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    top: float
    foot: float  # where the lanes end
    heads: tuple[Head, ...]
    spots: tuple[Spot, ...]
    stroke: Stroke | None
    burst: Burst | None
    chart: Chart | None


def drawing(picture: Picture) -> Drawing:
    spots = tuple(placed(picture.marks, picture.broke))
    foot = (spots[-1].y if spots else TOP) + BOTTOM
    chart = charted(picture.attempts, foot + 28) if picture.attempts else None
    return Drawing(
        width=WIDTH,
        height=chart.base + 22 if chart else foot + 6,
        top=TOP,
        foot=foot,
        heads=tuple(head(each) for each in picture.lanes),
        spots=spots,
        stroke=stroke(picture.arrow, spots) if picture.arrow else None,
        burst=next((burst(each, picture.blamed) for each in spots if each.mark.number == picture.broke), None),
        chart=chart,
    )


def head(lane: Lane) -> Head:
    x = LANES[lane.side]
    return Head(lane, x, shortened(lane.host, HEAD_LETTERS), *beside(lane.side, x))


def beside(side: Side | None, x: float, distance: float = RADIUS + 7) -> tuple[float, str]:
    """Where a label stands, and which end of it: outside of the lanes."""
    return (x - distance, "end") if side == "client" else (x + distance, "start")


def placed(marks: Sequence[Mark], broke: int | None) -> list[Spot]:
    spots: list[Spot] = []
    y: float = TOP
    for each in marks:
        if spots:
            y += STEP + stretch(each)
        x = LANES[each.side]
        place = beside(each.side, x, RADIUS + 13 if each.number == broke else RADIUS + 7)
        spots.append(Spot(each, x, round(y, 1), *place, shortened(each.id, LABEL_LETTERS)))
    return spots


def stretch(mark: Mark) -> float:
    """What a gap in time adds to the distance: its order of magnitude, for gaps reach from milliseconds to days."""
    if not mark.gap or mark.gap < 0:
        return 0
    return min(LONGEST_GAP, 7 * math.log10(1 + 10 * mark.gap)) + (8 if mark.gap_says else 0)


def shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def stroke(arrow: Arrow, spots: Sequence[Spot]) -> Stroke:
    by_number = {each.mark.number: each for each in spots}
    leaves = by_number.get(arrow.leaves) if arrow.leaves else None
    arrives = by_number.get(arrow.arrives) if arrow.arrives else None
    victim: Side = "server" if arrow.judge == "client" else "client"
    way = 1 if arrow.judge == "client" else -1
    x1 = LANES[arrow.judge] + way * (RADIUS + 3 if leaves else 0)
    x2 = LANES[victim] - way * (RADIUS + 4 if arrives else 4)
    y1 = leaves.y if leaves else arrives.y if arrives else TOP
    y2 = arrives.y if arrives else y1
    return Stroke(
        round(x1, 1), y1, round(x2, 1), y2, arrowhead(x1, y1, x2, y2), (x1 + x2) / 2,
        round((y1 + y2) / 2 - 8 - LABEL_HALF * abs((y2 - y1) / (x2 - x1)), 1),
        leaves is not None and arrives is not None,
    )  # fmt: skip


def arrowhead(x1: float, y1: float, x2: float, y2: float) -> str:
    """The points of a triangle at the end of a line."""
    angle = math.atan2(y2 - y1, x2 - x1)
    points = [(x2, y2)]
    for turn in (2.72, -2.72):
        points.append((x2 + 12 * math.cos(angle + turn), y2 + 12 * math.sin(angle + turn)))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def burst(spot: Spot, blamed: bool) -> Burst:
    inside = spot.anchor == "end"  # the label is on the left, so this goes to the right
    anchor = "start" if inside else "end"
    return Burst(spot.x, spot.y, spot.x + (24 if inside else -24), anchor, "broke" if blamed else "seen")


def charted(attempts: Attempts, y: float) -> Chart:
    base, left, right = y + CHART + 10, float(MARGIN), float(WIDTH - MARGIN)
    most, width = max(attempts.counts, default=1), (right - left) / max(len(attempts.counts), 1)
    bars = "".join(
        f"M{left + number * width:.1f} {base}v-{max(3.0, CHART * count / most):.1f}h{width - 1:.1f}V{base}z"
        for number, count in enumerate(attempts.counts)
        if count
    )
    return Chart(attempts, y, base, left, right, bars)
