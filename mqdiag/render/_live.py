"""
The words of `mqdiag follow` as they come: JSON lines for the next program, one line a verdict for people.

On a terminal a summary stays at the bottom; anywhere else nothing but lines is written, and each is flushed.
"""

from __future__ import annotations

import os
import select
import stat
import sys
from typing import TYPE_CHECKING, Any, TextIO

from mqdiag.errors import MqdiagError
from mqdiag.language import plural, tr, translated
from mqdiag.render._visible import visible
from mqdiag.render.json import dumps
from mqdiag.render.json import incident as incident_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rich.console import Console
    from rich.text import Text

    from mqdiag.model import Incident
    from mqdiag.render import Screen

CONFIDENCE_STYLE = {"certain": "bold red", "probable": "bold yellow", "possible": "bold cyan"}


def revision_line(incident: Incident, revision: int) -> str:
    """One line of `mqdiag follow -f json`, with its line end: an incident of the report, and its revision."""
    return dumps({**incident_data(incident), "revision": revision}) + "\n"


def is_read(output: TextIO) -> bool:
    """False if the output is a pipe whose reader is gone; a reader that is slow is still there."""
    try:
        descriptor = output.fileno()
        if not hasattr(select, "poll") or not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return True
        poll = select.poll()
        poll.register(descriptor, 0)
        return not any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):
        return True


def sink(format: str, write: Callable[[str], None], complain: Callable[[str], None], screen: Screen) -> JsonLines:
    """Where the words go in this format. MqdiagError for one that is not written as it comes."""
    if format == "json":
        return JsonLines(write, complain)
    if format != "terminal":
        raise MqdiagError(
            tr("You asked to follow in the format {name}.", name=format),
            found=tr("That can only be written when all is read."),
            hint=tr("Choose terminal or json."),
        )
    from rich.console import Console

    console = Console(
        file=sys.stdout,
        width=None if screen.wraps else screen.width,
        color_system="standard" if screen.colour else None,
        force_terminal=screen.colour or None,
        no_color=not screen.colour,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    live = screen.wraps and os.environ.get("TERM") != "dumb"
    return Lines(write, complain, console, live=live)


class JsonLines:
    """`write` takes text and flushes it; `complain` takes a line for standard error."""

    live = False

    def __init__(self, write: Callable[[str], None], complain: Callable[[str], None]) -> None:
        self.write, self.complain = write, complain

    def tell(self, revision: Any) -> None:
        self.write(revision_line(revision.incident, revision.revision))

    def note(self, text: str) -> None:
        self.complain(text)

    def show(self, summary: Any) -> None: ...

    def check(self) -> None:
        if not is_read(sys.stdout):
            raise BrokenPipeError

    def close(self, summary: Any) -> None:
        """What could not be kept in memory is said at the end."""
        if gone := let_go(summary):
            self.complain(tr("To keep the memory bounded: {what}.", what=gone))


class Lines(JsonLines):
    """
    One line a verdict, and one more where later evidence changed it; repetitions are counted, and told at the end.
    """

    def __init__(
        self, write: Callable[[str], None], complain: Callable[[str], None], console: Console, *, live: bool
    ) -> None:
        super().__init__(write, complain)
        self.console, self.live = console, live
        self.screen: Any = None
        self.counts: dict[str, Incident] = {}

    def tell(self, revision: Any) -> None:
        self.counts[revision.incident.id] = revision.incident
        if len(self.counts) > 400:
            del self.counts[next(iter(self.counts))]
        if revision.change == "repeated":
            return
        self.print(verdict_line(revision.incident, revision.revision, revision.change))

    def note(self, text: str) -> None:
        if self.live:
            self.print(styled(text, "dim"))
        else:
            self.complain(text)

    def print(self, line: Text) -> None:
        """On a terminal through rich, which keeps the summary below; elsewhere as it is."""
        if self.live:
            self.console.print(line, soft_wrap=True)
        else:
            with self.console.capture() as capture:
                self.console.print(line, soft_wrap=True)
            self.write(capture.get())

    def show(self, summary: Any) -> None:
        from rich.console import Group
        from rich.live import Live

        lines = summary_lines(summary)
        for each in lines:
            each.no_wrap, each.overflow = True, "ellipsis"
        if self.screen is None:
            self.screen = Live(console=self.console, auto_refresh=False, transient=True)
            self.screen.start()
        self.screen.update(Group(*lines), refresh=True)

    def close(self, summary: Any) -> None:
        """The counts at the end: repetitions were not told before."""
        if self.screen is not None:
            self.screen.stop()
        repeated = [each for each in self.counts.values() if each.occurrences > 1]
        for each in sorted(repeated, key=lambda i: (-i.occurrences, i.id)):
            said = tr(
                "{id} {cause}: {count} times, until {time}",
                id=each.id,
                cause=each.cause,
                count=each.occurrences,
                time=clock(each.end),
            )
            self.print(styled(said, ""))
        for line in summary_lines(summary):
            self.print(line)


def styled(value: str, style: str) -> Text:
    from rich.text import Text

    return Text(visible(value), style=style)


def verdict_line(incident: Incident, revision: int, change: str) -> Text:
    """`15:23:59Z certain  The client's certificate is revoked; judge: server; channel HARB81.APP1  [MQI-1a2b3c4d]`"""
    from rich.cells import cell_len
    from rich.text import Text

    facts = [
        incident.title,
        tr("refused by the {side}", side=translated(incident.judge)) if incident.judge else "",
        tr("channel {name}", name=incident.channel) if incident.channel else "",
        tr("queue manager {name}", name=incident.queue_manager) if incident.queue_manager else "",
    ]
    name = tr("{id} revision {number}", id=incident.id, number=revision) if revision > 1 else incident.id
    confidence = translated(incident.confidence)
    confidence += " " * max(1, 9 - cell_len(confidence))
    return Text.assemble(
        styled(f"{clock(incident.start)} ", ""),
        styled(confidence, CONFIDENCE_STYLE[incident.confidence] if change != "withdrawn" else "dim"),
        styled(f"{incident.cause}: ", "bold"),
        styled(tr("; ").join(each for each in facts if each), ""),
        styled(f"  [{name}]", "dim"),
    )


def summary_lines(summary: Any) -> list[Text]:
    logs = tr(", ").join(
        tr("{count} of the {side}", count=count, side=translated(side))
        if side != "unknown"
        else tr("{count} of an unknown side", count=count)
        for side, count in sorted(summary.logs.items())
    )
    share = 100 * summary.unparsed_bytes / summary.bytes if summary.bytes else 0.0
    read = tr(
        "logs: {logs}; {records} records, {rate}/s; {bytes} bytes, {share} % not understood",
        logs=logs or tr("none yet"),
        records=f"{summary.records:,}",
        rate=f"{summary.rate:,.1f}",
        bytes=f"{summary.bytes:,}",
        share=f"{share:.1f}",
    )
    covered = tr("covered: {first} to {last}", first=clock(summary.first, day=True), last=clock(summary.last, day=True))
    if summary.last_path:
        covered += tr(", last in {path}", path=summary.last_path)
    lines = [styled(read, "dim"), styled(covered, "dim")]
    for slug, incidents, occurrences in summary.causes[:8]:
        times = tr("{count} times", count=f"{occurrences:,}")
        lines.append(styled(f"{slug}: {plural(incidents, 'incident')}{tr(', ')}{times}", "bold"))
    before = tr("{count} from before the start not shown", count=summary.before) if summary.before else ""
    if aside := tr("; ").join(each for each in (before, let_go(summary)) if each):
        lines.append(styled(aside, "dim"))
    return lines


def let_go(summary: Any) -> str:
    """How much is only a count by now; empty if everything is at hand."""
    closed = tr("{count} incidents closed", count=f"{summary.closed:,}") if summary.closed else ""
    records = tr("{count} records let go", count=f"{summary.let_go:,}") if summary.let_go else ""
    return tr(", ").join(each for each in (closed, records) if each)


def clock(instant: datetime | None, *, day: bool = False) -> str:
    if instant is None:
        return "--:--:-- "
    return f"{instant:%Y-%m-%d %H:%M:%SZ}" if day else f"{instant:%H:%M:%SZ}"
