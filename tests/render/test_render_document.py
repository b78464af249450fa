from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sample_reports import START, bare_incident, incident, origin, report, source, stamp, wrapper

from mqdiag.model import Alternative, Evidence, Incident, Note, Report
from mqdiag.render._document import (
    FEW_ACCOUNTS,
    FEW_NOTES,
    Account,
    Block,
    Bullets,
    Excerpts,
    Heading,
    Paragraph,
    Steps,
    Table,
    Verdict,
    document,
    flat,
    judged,
    offset,
    period,
    root_of,
    ruled_out,
    when,
)

pytestmark = pytest.mark.usefixtures("small_knowledge")


def blocks(report: Report) -> tuple[Block, ...]:
    """As a form reads it that has little room."""
    return tuple(flat(document(report).blocks))


def headings(report: Report) -> list[str]:
    return [each.text for each in blocks(report) if isinstance(each, Heading)]


def words(blocks: tuple[Block, ...]) -> str:
    return "\n".join(str(each) for each in blocks)


# ---- one incident ----------------------------------------------------------------------------------------------


def test_the_verdict_comes_first() -> None:
    first = blocks(report(incident()))[0]

    assert first == Verdict(
        "The queue manager's certificate is revoked",
        "certain",
        (
            "Refused by the client, channel HARB.APP1, queue manager HARB1",
            "3 times, from 2024-03-19 13:20:11 to 13:23:11 UTC",
        ),
    )


def test_the_parts_of_an_incident_in_their_order() -> None:
    assert headings(report(incident())) == [
        "Certificate of the server",
        "Evidence",
        "Ruled out",
        "Could also be",
        "What would settle it",
        "What to do",
        "Read by mqdiag 9.9.9",
        "Notes",
    ]


def test_parts_with_nothing_in_them_are_left_out() -> None:
    assert headings(report(bare_incident())) == ["Evidence", "Read by mqdiag 9.9.9", "Notes"]


def test_evidence_names_record_time_side_and_code() -> None:
    (excerpts,) = [each for each in blocks(report(incident())) if isinstance(each, Excerpts)]
    rows = [(each.where, each.time, each.side, each.id, each.role) for each in excerpts.rows]

    assert rows == [
        ("client/AMQERR01.LOG:12", "13:20:11.587", "client", "AMQ9633E", "origin"),
        ("server.zip!errors/AMQERR01.LOG:3", "13:20:12.587", "server", "AMQ9633", "echo"),
        ("client/app.log:7", "-", "client", "MQRC 2393", "wrapper"),
        ("client/AMQ1044.0.FDC:1", "2024-03-20 13:20:11.587", "client", "AMQ9716E XC022001", "support"),
        ("server/AMQERR02.LOG", "-", "server", "-", "absence"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "occurrences", "text"),
    [
        (START, START, 1, "2024-03-19 13:20:11.587 UTC, once"),
        (START, None, 2, "2024-03-19 13:20:11.587 UTC, 2 times"),
        (START, START + timedelta(days=1), 2, "2 times, from 2024-03-19 13:20:11 to 2024-03-20 13:20:11 UTC"),
        (None, None, 2, "2 times, at 19/03/24 13:20:11 as the log writes it; in UTC it is not known"),
    ],
)
def test_when(start: datetime | None, end: datetime | None, occurrences: int, text: str) -> None:
    assert when(replace(bare_incident(), start=start, end=end, occurrences=occurrences)) == text


def test_a_time_that_no_record_writes_is_not_known() -> None:
    assert when(replace(bare_incident(), evidence=())) == "once, at a time that is not known"


def test_nobody_refused_what_merely_broke() -> None:
    assert judged(replace(incident(), judge="server", cause="key-repository-unusable")) == "On the server's side"
    assert judged(replace(incident(), judge="server")) == "Refused by the server"
    assert judged(replace(incident(), judge=None)) == "Which end refused cannot be told"


# ---- ruled out -------------------------------------------------------------------------------------------------


def caused(cause: str, *alternatives: str) -> Incident:
    others = tuple(Alternative(each, "") for each in alternatives)
    return replace(incident(), cause=cause, alternatives=others)


def test_earlier_steps_passed_and_later_ones_were_not_reached() -> None:
    expected = (
        "TCP: connected; CHLAUTH: not asked; nor was it the turn of OAM. Shown by client/AMQERR01.LOG:12 (AMQ9633E)."
    )

    assert ruled_out(caused("certificate-revoked")) == expected


def test_a_step_of_an_alternative_is_not_ruled_out() -> None:
    said = ruled_out(caused("certificate-revoked", "blocked-by-chlauth"))

    assert said is not None
    assert "CHLAUTH" not in said


def test_a_lost_connection_may_have_run_for_long() -> None:
    assert ruled_out(caused("connection-lost")) is None


def test_a_fault_of_the_machine_rules_out_no_step() -> None:
    assert ruled_out(caused("internal-error")) is None


def test_an_unknown_cause_rules_out_nothing() -> None:
    assert ruled_out(caused("of-a-later-version")) is None


def test_without_a_record_nothing_is_ruled_out() -> None:
    assert ruled_out(replace(incident(), evidence=())) is None


# ---- many, and none --------------------------------------------------------------------------------------------


def test_two_incidents_are_numbered() -> None:
    found = [each for each in blocks(report(incident(), bare_incident())) if isinstance(each, Verdict)]

    assert [each.number for each in found] == [1, 2]


def test_many_incidents_begin_with_a_table() -> None:
    heading, table, *rest = blocks(report(*[incident()] * 4))

    assert heading == Heading("4 incidents", 1)
    assert isinstance(table, Table)
    assert table.rows[3] == (
        "4.",
        "The queue manager's certificate is revoked",
        "certain",
        "client",
        "HARB.APP1",
        "3",
        "2024-03-19 13:20:11 to 13:23:11",
    )
    assert len([each for each in rest if isinstance(each, Verdict)]) == 4


def test_of_many_incidents_each_is_told_briefly_and_says_so() -> None:
    many = blocks(report(*[incident()] * 4))
    excerpts = next(each for each in many if isinstance(each, Excerpts))

    assert (len(excerpts.rows), excerpts.few) == (5, 3)
    assert excerpts.more == "and 2 more; -f html and -f json have them all"
    assert Heading("Ruled out") not in many


def test_of_very_many_most_are_only_listed() -> None:
    made = report(*[incident()] * (FEW_ACCOUNTS + 2))

    assert len([each for each in blocks(made) if isinstance(each, Verdict)]) == FEW_ACCOUNTS
    assert Paragraph(
        "2 more are only listed above; -f html tells them all, and --channel and --since choose.", True
    ) in (blocks(made))
    assert len([each for each in document(made).blocks if isinstance(each, Account)]) == FEW_ACCOUNTS + 2


def test_no_incident_says_what_was_read() -> None:
    first, second, *_ = blocks(report())

    assert first == Heading("No failed connection in what was read", 1)
    assert second == Paragraph(
        "2 sources with 2 records, from 2024-03-19 11:20:11 to 13:20:11 UTC. "
        "26 bytes of it were not understood: there a failure could hide."
    )


def test_what_holds_no_record_proves_nothing() -> None:
    first, *_ = blocks(replace(report(), sources=(replace(source(), records=0),)))

    assert first == Heading("No record of MQ in what was read", 1)


def test_nothing_read_at_all() -> None:
    assert Paragraph("Nothing was read.") in blocks(Report("1", (), (), (), ()))


# ---- what was read ---------------------------------------------------------------------------------------------


def test_sources_and_clocks() -> None:
    (read,) = [each for each in blocks(replace(report(), notes=())) if isinstance(each, Bullets)]

    assert read.items == (
        "client/AMQERR01.LOG: error log, of the client, host desk-pc07, 2 records, "
        "2024-03-19 11:20:11 to 13:20:11 UTC (local times +09:00, Time() of its own records), "
        "13 bytes not understood",
        "unknown.bin: not recognised, "
        "2024-03-19 11:20:11 to 13:20:11 UTC (local times +09:00, Time() of its own records), "
        "13 bytes not understood",
        "clocks: harb1 is 0.412 s behind desk-pc07 (from 4 pairs of records, spread 0.050 s)",
    )


def test_many_sources_are_summed_up() -> None:
    sources = tuple(source(f"errors/{number}.LOG") for number in range(400))
    (read,) = [each for each in blocks(replace(report(), sources=sources, notes=())) if isinstance(each, Bullets)]

    assert read.items[:2] == (
        "error log of the client, 400 sources, 800 records, 2024-03-19 11:20:11 to 13:20:11 UTC, "
        "5200 bytes not understood",
        "400 sources; -f html and -f json have them all",
    )


def test_notes_alike_are_counted_not_dropped() -> None:
    notes = tuple(Note("unparsed", "a.log", number, "odd") for number in range(1, 11))
    *_, read = blocks(replace(report(), notes=(*notes, Note("other", None, None, "one"))))

    assert isinstance(read, Bullets)
    assert len(read.items) == 11
    assert read.short == ("a.log:1: odd", "a.log:2: odd", "a.log:3: odd", "one", f"{10 - FEW_NOTES} more: unparsed")


def test_an_unknown_source_in_the_list_is_not_noted_again() -> None:
    note = Note("unknown-format", "unknown.bin", None, "No format that I know.")

    assert headings(replace(report(), notes=(note,)))[-1] == "Read by mqdiag 9.9.9"
    many = tuple(source(f"errors/{number}.LOG") for number in range(9))
    assert headings(replace(report(), sources=many, notes=(note,)))[-1] == "Notes"


@pytest.mark.parametrize(
    ("paths", "root"),
    [
        ((), ""),
        (("logs/a.LOG",), ""),
        (("logs/a.LOG", "logs/b/a.LOG"), "logs/"),
        (("logs1/a.LOG", "logs2/a.LOG"), ""),
        (("/logs/c7/a.LOG", "/logs/c8/a.LOG"), "/logs/"),
        (("a.zip!x/1", "a.zip!x/2"), "a.zip!x/"),
    ],
)
def test_what_all_paths_begin_with_is_said_once(paths: tuple[str, ...], root: str) -> None:
    assert root_of(paths) == root


def test_the_evidence_of_one_folder_leaves_it_out() -> None:
    both = (source("logs/client/AMQERR01.LOG"), source("logs/server/AMQERR01.LOG"))
    cited = replace(origin(), span=replace(origin().span, path="logs/client/AMQERR01.LOG"))
    found = blocks(replace(report(replace(incident(), evidence=(cited,))), sources=both))
    (excerpts,) = [each for each in found if isinstance(each, Excerpts)]

    assert excerpts.rows[0].where == "client/AMQERR01.LOG:12"
    assert Heading("Evidence, below logs/") in found


def test_a_record_cut_short_says_how_much_is_missing() -> None:
    cited = origin()
    (whole,) = [each for each in flat(document(report(incident()), {cited.span: "x\n" * 28 + "x"}).blocks)
                if isinstance(each, Excerpts)]  # fmt: skip
    (cut,) = [each for each in flat(document(report(incident()), {cited.span: "one\ntwo"}).blocks)
              if isinstance(each, Excerpts)]  # fmt: skip

    assert (whole.rows[0].lines, whole.rows[0].cut) == ("lines 12 to 40", "")
    assert (cut.rows[0].raw, cut.rows[0].cut) == ("one\ntwo", "and 27 lines more")
    assert cut.rows[1].raw is None


def test_text_of_a_log_stays_as_it_is_in_the_document() -> None:
    """Making it safe is each renderer's own business."""
    said = "\x1b[2J [Class=]GSKVALMethod::X509[Issuer=] <b>"
    evidence = Evidence("origin", said, origin().span, "client", origin().event)
    (excerpts,) = [
        each for each in blocks(report(replace(incident(), evidence=(evidence,)))) if isinstance(each, Excerpts)
    ]

    assert excerpts.rows[0].says == said


def test_steps_keep_who_does_what_and_how_it_is_checked() -> None:
    (steps,) = [each for each in blocks(report(incident())) if isinstance(each, Steps)]

    assert [(each.who, each.check) for each in steps.steps] == [
        ("PKI team", "openssl ocsp answers good"),
        ("Administrator of HARB1", ""),
    ]


@pytest.mark.parametrize(("minutes", "text"), [(540, "+09:00"), (-210, "-03:30"), (0, "+00:00")])
def test_offsets(minutes: int, text: str) -> None:
    assert offset(minutes) == text


def test_a_period_of_one_second_is_a_moment() -> None:
    assert period(START, START) == "2024-03-19 13:20:11"
    assert period(None, START) == "2024-03-19 13:20:11"
    assert period(None, None) == ""


def test_the_machine_s_zone_is_nowhere() -> None:
    """tests run in Pacific/Chatham."""
    local = replace(wrapper().event, stamp=stamp(START.astimezone())) if wrapper().event else None
    evidence = replace(wrapper(), event=local)
    said = words(blocks(report(replace(incident(), evidence=(evidence,), start=START.astimezone(UTC)))))

    assert "13:20:11.587" in said
