"""
The command line: what was asked becomes options of the pipeline, what it answers goes out, and says an exit status.

0 ran; 1 `--fail-on` was met; 2 could not do what was asked, or only in part; 130 interrupted. Everything that is
not needed to print the help is imported inside the command that needs it.
"""

from __future__ import annotations

import codecs
import gc
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial, wraps
from inspect import Parameter, signature
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from mqdiag import __version__
from mqdiag.errors import MqdiagError
from mqdiag.language import LANGUAGES, of_arguments, of_locale, reason, speaking, tr
from mqdiag.limits import DEFAULTS, OPTIONS, Limits, number
from mqdiag.render import WITH_RECORDS, Page, Screen, formats, known_format, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from mqdiag.language import Language
    from mqdiag.model import Note, Report
    from mqdiag.pipeline import Options
    from mqdiag.redact import Key, Redactor
    from mqdiag.score import Case

OK, FAIL_ON_MET, NOT_DONE, INTERRUPTED = 0, 1, 2, 130

WIDTH_OF_FILES = 100


USAGE_ERROR: Any = typer.BadParameter.__bases__[0]  # typer has no public name for it


class Command(TyperCommand):
    """A command whose help speaks the language of the answer, which is what `run` gives as the context's object."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """All of it: typer's own ends in the middle of a sentence."""
        return " ".join((self.help or "").split())

    def get_help(self, ctx: Any) -> str:
        return help_in_language(self, ctx) or super().get_help(ctx)


class Commands(TyperGroup):
    """All commands, and the one place where a user's mistake and an interrupt become an exit status."""

    def get_help(self, ctx: Any) -> str:
        return help_in_language(self, ctx) or super().get_help(ctx)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        with usage_in_language(extra.get("obj", "en")):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        try:
            with usage_in_language(ctx.obj):
                return super().invoke(ctx)
        except MqdiagError as error:
            tell(error)
            raise typer.Exit(NOT_DONE) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error


def help_in_language(command: Any, context: Any) -> str:
    """The help in another language than English; "" for English, and where standard output has not its letters."""
    if context.obj == "en":
        return ""
    from mqdiag import helping

    formatter = helping.formatter(context.obj, context)
    command.format_help(context, formatter)
    text = str(formatter.getvalue()).rstrip("\n")
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return ""
    return text


@contextmanager
def usage_in_language(wanted: Language) -> Iterator[None]:
    """A command line that typer cannot make sense of is told in the language of the answer."""
    try:
        yield
    except USAGE_ERROR as error:
        if wanted == "en" or "\n" in error.format_message():  # without any argument it is the help
            raise
        from mqdiag import helping

        helping.tell(error, wanted)
        raise typer.Exit(error.exit_code) from error


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: with rich it takes three times as long
    pretty_exceptions_enable=False,
)


def main() -> None:
    gc.set_threshold(50_000)  # starting makes many objects and hardly any cycles: a twentieth of a small case's time
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, that of the process if none is given; the exit status."""
    try:
        given = sys.argv[1:] if arguments is None else arguments
        app(arguments, prog_name="mqdiag", obj=of_arguments(given) or of_locale(os.environ))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    except Exception:  # a defect of ours; Python's own status 1 would say that --fail-on was met
        import traceback

        for line in traceback.format_exc().splitlines():  # it may quote a log
            complain(line)
        with speaking(of_locale(os.environ)):
            complain(tr("This is a defect of mqdiag, not of your logs. Please report it with the lines above."))
        return NOT_DONE
    return OK


# ---- options ---------------------------------------------------------------------------------------------------


class DateOrder(StrEnum):
    dmy = "dmy"
    mdy = "mdy"


class FailOn(StrEnum):
    never = "never"
    possible = "possible"
    probable = "probable"
    certain = "certain"


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATH]...", help="Logs, folders, archives; - is standard input (and implied when piped)."),
]
Clients = Annotated[
    list[str] | None,
    typer.Option("--client", metavar="PATH", help="This path is of the end that started the channel. Repeatable."),
]
Servers = Annotated[
    list[str] | None,
    typer.Option("--server", metavar="PATH", help="This path is of the end that accepted it. Repeatable."),
]
Zones = Annotated[
    list[str] | None,
    typer.Option("--tz", metavar="[PATH=]ZONE", help="Zone of local times: Asia/Tokyo or +09:00. Repeatable."),
]
Dates = Annotated[
    DateOrder | None,
    typer.Option("--date-order", help="How to read 7/11/2021 where nothing else decides it."),
]
Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help="Leave out what is earlier (UTC).")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Leave out what is later (UTC).")]
Channel = Annotated[str | None, typer.Option("--channel", metavar="NAME", help="Only this channel.")]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="Encoding of the logs. Default: found out.")
]
Jobs = Annotated[int | None, typer.Option("-j", "--jobs", metavar="N", min=1, help="Processes to read with.")]
Format = Annotated[
    list[str] | None,
    typer.Option(
        "-f", "--format", metavar="|".join(formats()), help="How the answer is written. Repeatable, each with its -o."
    ),
]
Output = Annotated[
    list[str] | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to this file; - is standard output. One for each -f."),
]
Force = Annotated[bool, typer.Option("--force", help="Write over files that exist.")]
Timeline = Annotated[bool, typer.Option("--timeline", help="Add the cited records of both sides in one order of time.")]
Fail = Annotated[
    FailOn,
    typer.Option("--fail-on", help="Exit status 1 if a verdict is at least this sure."),
]
Redact = Annotated[bool, typer.Option("--redact", help="Pseudonyms for hosts, addresses, names, users, paths.")]
RedactKey = Annotated[
    str | None,
    typer.Option("--redact-key", metavar="FILE", help="Redact, with the same pseudonyms in every run with this key."),
]
RedactMap = Annotated[
    str | None, typer.Option("--redact-map", metavar="FILE", help="Redact, and write down here what stands for what.")
]
Rules = Annotated[
    str | None, typer.Option("--rules", metavar="DIR", help="Your own causes, messages and notes, in this folder too.")
]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="|".join(LANGUAGES),
        help="Language of the answer. Default: the terminal that of the locale, all else English.",
    ),
]


def limited(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options --max-..., which it gets as one value, `limits`."""

    @wraps(command)
    def with_limits(**given: Any) -> None:
        named = {name: given.pop(name) for name, _, _ in OPTIONS}
        command(**given, limits=limits_of(named))

    own = signature(command, eval_str=True)
    added = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(option, metavar="N", help=help, show_default=False)],
        )
        for name, option, help in OPTIONS
    ]
    kept = [each for each in own.parameters.values() if each.name != "limits"]
    with_limits.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    with_limits.__annotations__ = {each.name: each.annotation for each in (*kept, *added)} | {"return": None}
    return with_limits


def limits_of(given: Mapping[str, str | None]) -> Limits:
    """The limits that were asked for; sizes can have a unit (16M)."""
    chosen: dict[str, int] = {}
    for name, option, _ in OPTIONS:
        text = given[name]
        if text is None:
            continue
        value = number(text)
        if value is None:
            raise MqdiagError(
                tr("You asked for a limit of {written}.", written=repr(text)),
                where=option,
                found=tr("That is no number above zero."),
                hint=tr("Write it as 20000, or in bytes as 512K, 16M or 2G."),
            )
        chosen[name] = value
    return Limits(**chosen)


def print_version(wanted: bool) -> None:
    if wanted:
        emit([f"mqdiag {__version__}\n"])
        raise typer.Exit(OK)


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=print_version)
    ] = False,
) -> None:
    """Say from the IBM MQ logs of both ends of a channel which end refused, why, and what to do."""


# ---- commands --------------------------------------------------------------------------------------------------


@app.command(cls=Command)
@limited
def analyze(
    paths: Paths = None,
    client: Clients = None,
    server: Servers = None,
    tz: Zones = None,
    date_order: Dates = None,
    since: Since = None,
    until: Until = None,
    channel: Channel = None,
    format: Format = None,
    output: Output = None,
    force: Force = False,
    fail_on: Fail = FailOn.never,
    jobs: Jobs = None,
    encoding: Encoding = None,
    timeline: Timeline = False,
    redact: Redact = False,
    redact_key: RedactKey = None,
    redact_map: RedactMap = None,
    rules: Rules = None,
    lang: Lang = None,
    limits: Limits = DEFAULTS,
) -> None:
    """Join the logs of both ends and print the verdicts."""
    from mqdiag import pipeline, progress
    from mqdiag.knowledge.own import using
    from mqdiag.render import report_page, with_timeline

    with answering(lang, format, output), using(rules):
        options = chosen(
            paths,
            client,
            server,
            tz,
            date_order,
            since=since,
            until=until,
            channel=channel,
            encoding=encoding,
            jobs=jobs,
            limits=limits,
        )
        named = (*options.paths, *options.client, *options.server)
        outputs = paired(format, output, named, force=force)
        key = redaction_key(redact_key, redact_map)
        with_records = any(each.format in WITH_RECORDS for each in outputs)
        if with_records and "-" in named:
            keep_standard_input()
        with progress.bar() as watch:
            analysis = pipeline.analysis(options, watch) if redact or redact_key or redact_map else None
            report = analysis.report if analysis else pipeline.analyze(options, watch)
        keep_input(outputs, [source.path for source in report.sources])
        raw = None
        if with_records:
            from mqdiag.excerpts import cited

            raw = cited(report, named, encoding)
        redactor, shown = None, report
        if analysis:
            from mqdiag.context import careful_records

            raw = raw and careful_records(report, raw)
            redactor = pipeline.redacted(analysis, key, texts=list((raw or {}).values()))
            shown = redactor.report(report)
            page = report_page(shown, redactor.records(raw), check=redactor.check)
        else:
            page = report_page(report, raw)
        publish(with_timeline(page, shown) if timeline else page, outputs)
        keep_map(redact_map, redactor)
    raise typer.Exit(status(report, fail_on, pipeline.PARTIAL))


@app.command("bundle", cls=Command)
@limited
def bundle_up(
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="The zip to write.")],
    paths: Paths = None,
    client: Clients = None,
    server: Servers = None,
    tz: Zones = None,
    date_order: Dates = None,
    since: Since = None,
    until: Until = None,
    channel: Channel = None,
    jobs: Jobs = None,
    encoding: Encoding = None,
    redact: Redact = False,
    redact_key: RedactKey = None,
    redact_map: RedactMap = None,
    force: Force = False,
    lang: Lang = None,
    limits: Limits = DEFAULTS,
) -> None:
    """Write a zip for the support case: the report, the cited records, what was read."""
    from mqdiag import bundle, pipeline

    with answering(lang, ["zip"], [output]):
        options = chosen(
            paths,
            client,
            server,
            tz,
            date_order,
            since=since,
            until=until,
            channel=channel,
            encoding=encoding,
            jobs=jobs,
            limits=limits,
        )
        if Path(output).exists() and not force:
            raise MqdiagError(
                tr("You asked for a bundle."),
                where=output,
                found=tr("There is a file of that name."),
                hint=tr("Choose another name with -o, or overwrite it with --force."),
            )
        key = redaction_key(redact_key, redact_map)
        made = bundle.bundle(options, redact=bool(redact or redact_key or redact_map), key=key)
        report = made.analysis.report
        keep_input([Target("zip", output)], [source.path.partition("!")[0] for source in report.sources])
        try:
            Path(output).write_bytes(bundle.zipped(made.members))
        except OSError as error:
            raise MqdiagError(
                tr("I could not write the bundle."), where=output, found=tr("{error}.", error=reason(error))
            ) from error
        keep_map(redact_map, made.redactor)
        told([each for each in report.notes if each.code in pipeline.PARTIAL], pipeline.PARTIAL)
    raise typer.Exit(status(report, FailOn.never, pipeline.PARTIAL))


@app.command(cls=Command)
@limited
def records(
    paths: Paths = None,
    client: Clients = None,
    server: Servers = None,
    tz: Zones = None,
    date_order: Dates = None,
    encoding: Encoding = None,
    jobs: Jobs = None,
    limits: Limits = DEFAULTS,
) -> None:
    """Print every record found, one JSON object a line."""
    from mqdiag import pipeline
    from mqdiag.render.json import record_line

    options = chosen(paths, client, server, tz, date_order, encoding=encoding, jobs=jobs, limits=limits)
    if "-" in options.paths:
        keep_standard_input()  # it is read twice
    notes: list[Note] = []
    emit(pipeline.record_lines(options, partial(record_line, encoding=encoding), notes.append))
    raise typer.Exit(told(notes, pipeline.PARTIAL))


@app.command(cls=Command)
@limited
def ffst(
    paths: Paths = None,
    client: Clients = None,
    server: Servers = None,
    tz: Zones = None,
    date_order: Dates = None,
    format: Format = None,
    output: Output = None,
    force: Force = False,
    encoding: Encoding = None,
    lang: Lang = None,
    limits: Limits = DEFAULTS,
) -> None:
    """List FFST reports in time order, and roll them up by probe id."""
    from mqdiag import pipeline
    from mqdiag.render._ffst import ffst_page

    with answering(lang, format, output):
        options = chosen(paths, client, server, tz, date_order, encoding=encoding, limits=limits)
        notes: list[Note] = []
        outputs = paired(format, output, (*options.paths, *options.client, *options.server), force=force)
        events = pipeline.ffsts(options, notes.append)
        keep_input(outputs, [event.span.path for event in events])
        publish(ffst_page(events), outputs)
        raise typer.Exit(told(notes, pipeline.PARTIAL))


@app.command(cls=Command)
def explain(
    codes: Annotated[
        list[str],
        typer.Argument(
            metavar="CODE...",
            help="AMQ or CSQX message id, MQRC or MQRQ number or name, GSKit code, 575nnn, X509_V or alert number, "
            "probe id, errno, cause.",
        ),
    ],
    format: Format = None,
    output: Output = None,
    force: Force = False,
    rules: Rules = None,
    lang: Lang = None,
) -> None:
    """Say what a code means, offline. Exit status 2 if none of them is known."""
    from mqdiag import explain as explaining
    from mqdiag.knowledge.own import using

    with answering(lang, format, output), using(rules):
        outputs = paired(format, output, (), force=force)
        explanations = [explaining.explain(code) for code in codes]
        publish(explaining.explanation_page(explanations), outputs)
    raise typer.Exit(OK if any(each.meanings for each in explanations) else NOT_DONE)


@app.command("render", cls=Command)
def render_again(
    report: Annotated[str, typer.Argument(metavar="REPORT.json", help="A saved JSON report; - is standard input.")],
    format: Format = None,
    output: Output = None,
    force: Force = False,
    timeline: Timeline = False,
    lang: Lang = None,
) -> None:
    """Write a saved JSON report again, in any format."""
    from mqdiag.render import report_page, with_timeline
    from mqdiag.render.json import load

    with answering(lang, format, output):
        outputs = paired(format, output, [report], force=force)
        loaded = load(saved(report), report)
        page = report_page(loaded)
        publish(with_timeline(page, loaded) if timeline else page, outputs)


@app.command("score", cls=Command)
def score_cases(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Labelled cases, as in samples/cases.")],
    format: Format = None,
    output: Output = None,
    force: Force = False,
    lang: Lang = None,
) -> None:
    """Say how right the verdicts are on labelled cases: by cause, judge, false alarms, wrong and certain."""
    from mqdiag import score

    with answering(lang, format, output):
        outputs = paired(format, output, (), force=force)
        scored = score.score(score.cases(existing(folder)), reported)
        publish(score.score_page(scored), outputs)


@app.command(cls=Command)
def schema() -> None:
    """Print the JSON Schema of the report."""
    from mqdiag.render import _schema
    from mqdiag.render.json import dumps

    emit([dumps(_schema.schema(), indent=2) + "\n"])


@app.command(cls=Command)
def follow(
    paths: Paths = None,
    client: Clients = None,
    server: Servers = None,
    tz: Zones = None,
    date_order: Dates = None,
    channel: Channel = None,
    format: Annotated[
        str, typer.Option("-f", "--format", metavar="terminal|json", help="json: one incident a line, flushed.")
    ] = "terminal",
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", help="How long a victim's record waits for the other side.")
    ] = 6.0,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Tell also what watched files hold already. Pipes are read in full.")
    ] = False,
    encoding: Encoding = None,
    lang: Lang = None,
) -> None:
    """Print verdicts as they come, from a pipe or from logs that grow; -f json for the next program."""
    from mqdiag import follow as following
    from mqdiag.render._live import sink

    with answering(lang, [format], None):
        options = chosen(paths, client, server, tz, date_order, channel=channel, encoding=encoding)
        lines = sink(format, tell_line, complain, screen())
        try:
            status = following.follow(options, lines, wait_s=wait, from_start=from_start)
        except BrokenPipeError:
            silence()
            status = OK
    raise typer.Exit(status)


# ---- what was asked --------------------------------------------------------------------------------------------


def chosen(
    paths: Sequence[str] | None,
    client: Sequence[str] | None,
    server: Sequence[str] | None,
    tz: Sequence[str] | None,
    date_order: DateOrder | None,
    *,
    encoding: str | None,
    **others: Any,
) -> Options:
    """The options of the pipeline. Without any path the input is what is piped in."""
    from mqdiag.pipeline import Options

    named = tuple(paths or ())
    if not (named or client or server):
        if sys.stdin.isatty():
            raise MqdiagError(
                tr("You named no log."), hint=tr("Name files, folders or archives, or pipe a log into mqdiag.")
            )
        named = ("-",)
    return Options(
        paths=named,
        client=tuple(client or ()),
        server=tuple(server or ()),
        tz=tuple(tz or ()),
        date_order=date_order.value if date_order else None,
        encoding=known_encoding(encoding),
        **others,
    )


def redaction_key(key: str | None, reverse_map: str | None) -> Key | None:
    """The key of the key file if one is named; the reverse map must not be there yet."""
    if key is None and reverse_map is None:
        return None
    from mqdiag.redact import free, key_of

    if reverse_map is not None:
        free(reverse_map)
    return None if key is None else key_of(key)


def keep_map(path: str | None, redactor: Redactor | None) -> None:
    """The reverse map, only where it was asked for."""
    if path is not None and redactor is not None:
        from mqdiag.redact import write_map

        write_map(path, redactor.reverse())


def known_encoding(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        codecs.lookup(name)
        "".encode(name)  # a codec such as hex is none of text
    except LookupError as error:
        raise MqdiagError(
            tr("You asked for the encoding {name}.", name=name),
            found=tr("Python knows no such encoding."),
            hint=tr("Examples: cp932, utf-8."),
        ) from error
    return name


def answering(
    lang: str | None, format: Sequence[str] | None, output: Sequence[str] | None
) -> AbstractContextManager[None]:
    """What runs in it answers in the language asked for, else a terminal's in that of the locale."""
    if lang is not None and lang not in LANGUAGES:
        with speaking(of_locale(os.environ)):
            raise MqdiagError(
                tr("You asked for the language {name}.", name=lang),
                found=tr("I do not speak it."),
                hint=tr("Choose one of {names}.", names=", ".join(LANGUAGES)),
            )
    to_eyes = set(format or ["terminal"]) == {"terminal"} and not output
    return speaking(lang or (of_locale(os.environ) if to_eyes else "en"))


def existing(folder: str) -> Path:
    if not Path(folder).is_dir():
        raise MqdiagError(tr("You asked for a folder."), where=folder, found=tr("There is no such folder."))
    return Path(folder)


def reported(case: Case) -> dict[str, Any]:
    """The JSON report of a labelled case, made in its folder as its own command line says."""
    import json
    from contextlib import chdir, redirect_stdout
    from io import StringIO

    out = StringIO()
    with chdir(case.folder), redirect_stdout(out):
        run(["analyze", *case.args, "-f", "json"])
    try:
        return cast("dict[str, Any]", json.loads(out.getvalue()))
    except ValueError as error:
        raise MqdiagError(
            tr("A case could not be analyzed."),
            where=str(case.folder),
            found=tr("mqdiag analyze {arguments} printed no report.", arguments=" ".join(case.args)),
            hint=tr("Correct `args` in its label."),
        ) from error


def saved(path: str) -> str:
    """The text of a saved report."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise MqdiagError(
            tr("I could not read the report."), where=path, found=tr("{error}.", error=reason(error))
        ) from error
    except UnicodeDecodeError as error:
        raise MqdiagError(tr("I could not read the report."), where=path, found=tr("It is not UTF-8 text.")) from error


def status(report: Report, fail_on: FailOn, partial: frozenset[str]) -> int:
    """The exit status of a report. Input that was not read in full goes first: without it nothing is sure."""
    if not report.sources or any(note.code in partial for note in report.notes):
        return NOT_DONE
    if fail_on is FailOn.never:
        return OK
    levels = list(FailOn)
    met = any(levels.index(FailOn(each.confidence)) >= levels.index(fail_on) for each in report.incidents)
    return FAIL_ON_MET if met else OK


# ---- what goes out ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """One `-f` with its `-o`; `path` is None for standard output."""

    format: str
    path: str | None


def paired(
    format: Sequence[str] | None, output: Sequence[str] | None, inputs: Iterable[str], *, force: bool
) -> list[Target]:
    """What is to be written where, each -f with the -o in the same place; checked before the work begins."""
    names, paths = list(format or ["terminal"]), list(output or [])
    if len(names) != len(paths) and (paths or len(names) > 1):
        raise MqdiagError(
            tr("You asked for several forms or files of the answer."),
            where=f"-f {', '.join(names)}; -o {', '.join(paths) or 'none'}",
            found=tr(
                "There are {forms} of -f and {files} of -o, and I cannot tell which belong together.",
                forms=len(names),
                files=len(paths),
            ),
            hint=tr("Give each -f its -o, as in: -f md -o report.md -f html -o report.html. -o - is standard output."),
        )
    for name in names:
        known_format(name)
    targets = [Target(name, None if path in (None, "-") else path) for name, path in zip_longest(names, paths)]
    keep_input(targets, inputs)
    keep_files(targets, force=force)
    return targets


def keep_files(targets: Sequence[Target], *, force: bool) -> None:
    """Refuse to write over a file that is there, or two answers into one."""
    paths = [each.path for each in targets if each.path is not None]
    for path in paths:
        if sum(Path(path).resolve() == Path(each).resolve() for each in paths) > 1:
            raise MqdiagError(
                tr("You asked for several answers in one file."), where=path, hint=tr("Give each -o a file of its own.")
            )
        if not force and Path(path).is_file():
            raise MqdiagError(
                tr("You asked to write the answer to a file."),
                where=path,
                found=tr("It exists already, and I left it as it is."),
                hint=tr("Choose another file with -o, or add --force to write over it."),
            )


def publish(page: Page, targets: Sequence[Target]) -> None:
    """
    Write a page to files or to standard output, when all of it has been made. JSON is UTF-8 everywhere, and so is
    every file.
    """
    eyes = screen()
    texts = [
        render(page, each.format, eyes if each.path is None and each.format == "terminal" else Screen(WIDTH_OF_FILES))
        for each in targets
    ]
    for each, text in zip(targets, texts, strict=True):
        if each.path is None:
            emit([text], sys.stdout.encoding if each.format == "terminal" else "utf-8")
            continue
        try:
            Path(each.path).write_bytes(text.encode("utf-8"))
        except OSError as error:
            raise MqdiagError(
                tr("I could not write the output."), where=each.path, found=tr("{error}.", error=reason(error))
            ) from error


def told(notes: Iterable[Note], partial: frozenset[str]) -> int:
    """Say notes on standard error, where the answer has no place for them; the exit status that they give."""
    status = OK
    for note in notes:
        complain(f"{note.path}: {note.text}" if note.path and note.path not in note.text else note.text)
        status = NOT_DONE if note.code in partial else status
    return status


def keep_input(targets: Sequence[Target], inputs: Iterable[str]) -> None:
    """Refuse to write the answer over what was read."""
    inputs = list(inputs)
    for output in (each.path for each in targets):
        if output is None or not Path(output).exists():
            continue
        for path in inputs:
            if Path(path).exists() and Path(path).samefile(output):
                raise MqdiagError(
                    tr("You asked to write the output over one of the inputs."),
                    where=output,
                    hint=tr("Choose another file with -o."),
                )


def keep_standard_input() -> None:
    """Keep what is piped in, so that it can be read again from its beginning; in a temporary file without a name."""
    import shutil
    import tempfile

    try:
        if os.lseek(sys.stdin.fileno(), 0, os.SEEK_CUR) == 0:
            return
    except OSError:  # a pipe
        pass
    kept = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as standard input
    with open(sys.stdin.fileno(), "rb", closefd=False) as piped:
        shutil.copyfileobj(piped, kept)
    kept.flush()
    os.dup2(kept.fileno(), sys.stdin.fileno())


def screen() -> Screen:
    import shutil

    terminal = sys.stdout.isatty()
    columns = shutil.get_terminal_size((WIDTH_OF_FILES, 0)).columns
    return Screen(columns, colour=colour(os.environ, terminal), wraps=terminal)


def colour(environment: Any, terminal: bool) -> bool:
    """NO_COLOR goes before FORCE_COLOR; without both it is a terminal that can."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return terminal and environment.get("TERM") != "dumb"


def emit(chunks: Iterable[str], encoding: str = "utf-8") -> None:
    """Write to standard output, whatever the locale. A reader that went away ends it quietly."""
    out = getattr(sys.stdout, "buffer", None)  # None where a caller redirected it to a text
    try:
        for chunk in chunks:
            if out is None:
                sys.stdout.write(chunk)
            else:
                out.write(chunk.encode(encoding, "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        silence()


def silence() -> None:
    """Write to nowhere from now on, or Python complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_line(text: str) -> None:
    """Write to standard output now. BrokenPipeError if its reader went away."""
    out = getattr(sys.stdout, "buffer", None)
    if out is None:
        sys.stdout.write(text)
    else:
        out.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def tell(error: MqdiagError) -> None:
    """A user's mistake in four beats: what you asked, where, what I found, what to try."""
    for beat in (error.asked, error.where, error.found, error.hint):
        if beat:
            complain(beat)


def complain(line: str) -> None:
    from mqdiag.render._visible import visible

    print(visible(line), file=sys.stderr)  # standard error escapes by itself what its encoding has not
