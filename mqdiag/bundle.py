"""
`mqdiag bundle`: one zip for a support case. The report in every format there is, the cited records with a few lines
around them, and an inventory of what was read and how.

The same input gives the same bytes: members are sorted, and their times are none.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from mqdiag import __version__, pipeline
from mqdiag.context import careful_records, excerpts, written
from mqdiag.excerpts import cited_in
from mqdiag.language import marked, tr
from mqdiag.render import Screen, formats, render, report_page
from mqdiag.render.json import SCHEMA as REPORT_SCHEMA
from mqdiag.sources import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mqdiag.context import Excerpt
    from mqdiag.model import Span
    from mqdiag.parse import Reading
    from mqdiag.pipeline import Analysis, Options
    from mqdiag.redact import Key, Redactor
    from mqdiag.sources import Source

SCHEMA = "mqdiag/bundle/1"
WIDTH = 100
EXTENSIONS = {"terminal": "txt"}  # other formats are called as their files end
UNSAFE = re.compile(r"[^\w .,+@~()\[\]-]")  # in the name of a file that somebody unpacks somewhere
LONGEST_NAME = 100
LEVEL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,4}){1,4}")
NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say
ORDINARY_FILE = 0o100644 << 16
UNIX = 3

ABOUT = marked("""\
This is a bundle of mqdiag {version}, which says from the IBM MQ logs of both ends of a failed channel which end
refused, why, and what to do.

report.*        the report; all of these say the same
excerpts/       the records that it cites, with the lines around them
inventory.json  what was read: paths, sizes, SHA-256, and the options
""")
ABOUT_REDACTED = marked("""
Names, addresses and paths were replaced by pseudonyms, the same one for the same value everywhere: HOST-1, QM-2,
240.0.1.2. Message ids, codes, probe ids, times and the SHA-256 of the inputs are the real ones. Dumps and the lines of
applications that are not about MQ were left out of the excerpts.
""")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The members of a zip by name; `redactor` is what redacted them, None where nothing was redacted."""

    members: Mapping[str, bytes]
    analysis: Analysis
    redactor: Redactor | None


def bundle(options: Options, *, redact: bool, key: Key | None = None) -> Bundle:
    """Everything for the support case. MqdiagError where an original value is left in what was to be redacted."""
    analysis = pipeline.analysis(options, reread=True)
    sources = [each.source for each in analysis.readings]
    shown = list(excerpts(analysis.report, sources, options.encoding, careful=redact))
    raw = cited_in(analysis.report, sources, options.encoding)
    raw = careful_records(analysis.report, raw) if redact else raw
    redactor = redactor_of(analysis, options, (*shown_texts(shown), *raw.values()), shown, key) if redact else None
    texts = {
        "README.txt": tr(ABOUT, version=__version__) + (tr(ABOUT_REDACTED) if redactor else ""),
        **reports(analysis, raw, redactor),
        **told(shown, redactor),
    }
    texts["inventory.json"] = inventory(analysis.readings, options, redactor, key, texts)
    if redactor:
        for name, text in texts.items():
            redactor.check(f"{name}\n{text}", name)
    members = {name: texts[name].encode("utf-8", "backslashreplace") for name in sorted(texts)}
    return Bundle(members, analysis, redactor)


def shown_texts(shown: Sequence[Excerpt]) -> list[str]:
    return [piece.text for excerpt in shown for piece in excerpt.pieces]


def redactor_of(
    analysis: Analysis, options: Options, texts: Sequence[str], shown: Sequence[Excerpt], key: Key | None
) -> Redactor:
    named = (*options.paths, *options.client, *options.server, *(each.rpartition("=")[0] for each in options.tz))
    return pipeline.redacted(
        analysis,
        key,
        texts=texts,
        more=[piece.event for excerpt in shown for piece in excerpt.pieces if piece.event],
        paths=named,
    )


def reports(analysis: Analysis, raw: Mapping[Span, str], redactor: Redactor | None) -> dict[str, str]:
    """The report in every format."""
    if redactor:
        page = report_page(redactor.report(analysis.report), redactor.records(raw), check=redactor.check)
    else:
        page = report_page(analysis.report, raw)
    return {f"report.{EXTENSIONS.get(each, each)}": render(page, each, Screen(WIDTH)) for each in formats()}


def told(shown: Sequence[Excerpt], redactor: Redactor | None) -> dict[str, str]:
    """The excerpts, numbered by the order of their sources, each called after the last part of its path."""
    result: dict[str, str] = {}
    for number, each in enumerate(shown, 1):
        path = redactor.path(each.path) if redactor else each.path
        name = UNSAFE.sub("_", re.split(r"[/\\!]", path)[-1])[:LONGEST_NAME]
        result[f"excerpts/{number:03d}-{name}.txt"] = written(each, path, redactor.text if redactor else str)
    return result


# ---- inventory -------------------------------------------------------------------------------------------------


def inventory(
    readings: Sequence[Reading],
    options: Options,
    redactor: Redactor | None,
    key: Key | None,
    texts: Mapping[str, str],
) -> str:
    inputs = [
        {
            "path": redactor.path(each.source.path) if redactor else each.source.path,
            "kind": each.kind,
            "bytes": each.bytes,
            "sha256": digest(each.source),
            "levels": levels(each),
        }
        for each in readings
    ]
    value = {
        "schema": SCHEMA,
        "mqdiag": __version__,
        "report": REPORT_SCHEMA,
        "redacted": redactor is not None,
        "keyed": key is not None,
        "options": asked(options, redactor),
        "inputs": inputs,
        "members": [
            {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in ((name, texts[name].encode("utf-8", "backslashreplace")) for name in sorted(texts))
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def digest(source: Source) -> str | None:
    """SHA-256 of a source's bytes; None where they cannot be read to the end."""
    found = hashlib.sha256()
    try:
        for block in source.blocks():
            found.update(block)
    except (OSError, *DAMAGED):
        return None
    return found.hexdigest()


def levels(reading: Reading) -> list[str]:
    """The levels of MQ that a source names, such as 9.2.0.10; what stands there in a damaged record is none."""
    events = [*reading.events, *([reading.example] if reading.example else [])]
    return sorted({each.vrmf for each in events if each.vrmf and LEVEL.fullmatch(each.vrmf)})


def asked(options: Options, redactor: Redactor | None) -> dict[str, Any]:
    """The options as they were given; how many processes read is no matter."""
    if redactor:
        options = replace(
            options,
            paths=tuple(redactor.path(each) for each in options.paths),
            client=tuple(redactor.path(each) for each in options.client),
            server=tuple(redactor.path(each) for each in options.server),
            tz=tuple(zone_of(each, redactor) for each in options.tz),
            channel=redactor.of("channel", options.channel),
        )
    values = {each.name: getattr(options, each.name) for each in fields(options) if each.name != "jobs"}
    values["limits"] = asdict(options.limits)
    return {name: sorted(value) if isinstance(value, tuple) else value for name, value in values.items()}


def zone_of(option: str, redactor: Redactor) -> str:
    path, sign, zone = option.rpartition("=")
    return f"{redactor.path(path)}{sign}{zone}"


# ---- zip -------------------------------------------------------------------------------------------------------


def zipped(members: Mapping[str, bytes]) -> bytes:
    """The members as a zip that says nothing of this machine or this moment."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = UNIX
            entry.external_attr = ORDINARY_FILE
            archive.writestr(entry, members[name], compresslevel=9)
    return stream.getvalue()
