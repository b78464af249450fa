"""Hand-made reports for the tests of what comes out: no stage before the renderers is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mqdiag.knowledge import Cause, CodeEntry, Condition, Knowledge, Layer, Message, RemedyText, Sign
from mqdiag.model import (
    Alternative,
    Certificate,
    CertificateFinding,
    Clock,
    Event,
    Evidence,
    Incident,
    MessageId,
    Name,
    Note,
    Remedy,
    Report,
    SourceReport,
    Span,
    Stamp,
)

START = datetime(2024, 3, 19, 13, 20, 11, 587_900, tzinfo=UTC)
SUBJECT = Name((("C", "AU"), ("O", "Harbour Desk, Inc."), ("CN", "qm1.harbour.example.net")))
ISSUER = Name((("C", "AU"), ("CN", "ca.harbour.example.net")))
BLOB = "[Class=]GSKVALMethod::X509[Issuer=]CN=ca.harbour.example.net,C=AU[#=]0A[Subject=]CN=qm1"

# ESC clears the screen, C1 CSI, a right-to-left override, a zero-width space, a byte that was no text
HOSTILE = "\x1b[2J \x9b31m \u202e \u200b \udc93 [red]x[/red] [Class=]GSKVALMethod::X509[Issuer=] C:\\x1b"


def stamp(instant: datetime | None, written: str = "19/03/24 13:20:11") -> Stamp:
    return Stamp(written, instant=instant, certainty="stated" if instant else "ambiguous")


def origin() -> Evidence:
    span = Span("client/AMQERR01.LOG", 12, 40, 800, 1600)
    event = Event(
        "amqerr",
        span,
        stamp=stamp(START),
        side="client",
        message_id=MessageId("AMQ", "9633", "E"),
        inserts={"CommentInsert2": BLOB},
    )
    return Evidence("origin", "GSKit validation code 575032: the certificate is revoked", span, "client", event)


def echo() -> Evidence:
    span = Span("server.zip!errors/AMQERR01.LOG", 3, 9, 120, 400)
    event = Event(
        "amqerr",
        span,
        stamp=stamp(START + timedelta(seconds=1)),
        side="server",
        message_id=MessageId("AMQ", "9633"),
    )
    return Evidence("echo", f"received TLS alert 42 for {BLOB}", span, "server", event)


def wrapper() -> Evidence:
    span = Span("client/app.log", 7, 7, 0, 60)
    event = Event("mqi-transcript", span, stamp=stamp(None), side="client", reason_code=2393)
    return Evidence("wrapper", "the call failed with reason code 2393", span, "client", event)


def report_of_ffst() -> Evidence:
    span = Span("client/AMQ1044.0.FDC", 1, 240, 0, 13_000)
    event = Event(
        "ffst",
        span,
        stamp=stamp(START + timedelta(days=1)),
        side="client",
        host="desk-pc07",
        process=1044,
        thread=1,
        program="app.exe",
        message_id=MessageId("AMQ", "9716", "E"),
        probe_id="XC022001",
        facts={"component": "xcsDisplayMessage", "probe_type": "MSGAMQ9716"},
    )
    return Evidence("support", "an FFST of the same message", span, "client", event)


def absence() -> Evidence:
    return Evidence("absence", "covers the moment and holds nothing", Span("server/AMQERR02.LOG", 0, 0, 0, 0), "server")


def incident() -> Incident:
    return Incident(
        id="3f2a9c",
        cause="certificate-revoked",
        title="The queue manager's certificate is revoked",
        confidence="certain",
        judge="client",
        channel="HARB.APP1",
        queue_manager="HARB1",
        start=START,
        end=START + timedelta(minutes=3),
        occurrences=3,
        certificate=CertificateFinding(Certificate(SUBJECT, ISSUER, "0A"), "server"),
        alternatives=(Alternative("certificate-invalid", "an older GSKit prints the same code for it"),),
        evidence=(origin(), echo(), wrapper(), report_of_ffst(), absence()),
        missing=("On desk-pc07: `openssl ocsp -url http://192.0.2.31:2560/` prints revoked.",),
        remedies=(
            Remedy("PKI team", "Issue a new certificate.", "openssl ocsp answers good"),
            Remedy("Administrator of HARB1", "REFRESH SECURITY TYPE(SSL)", ""),
        ),
    )


def bare_incident() -> Incident:
    """An incident of which nothing is known but that it is there."""
    return Incident(
        id="0",
        cause="connection-lost",
        title="The connection was lost",
        confidence="possible",
        judge=None,
        channel=None,
        queue_manager=None,
        start=None,
        end=None,
        occurrences=1,
        certificate=CertificateFinding(Certificate(), None),
        alternatives=(),
        evidence=(wrapper(),),
        missing=(),
        remedies=(),
    )


def source(path: str = "client/AMQERR01.LOG") -> SourceReport:
    return SourceReport(
        path=path,
        kind="amqerr",
        side="client",
        host="desk-pc07",
        queue_manager=None,
        encoding="cp932",
        bytes=2_400,
        records=2,
        unparsed_bytes=13,
        first=START - timedelta(hours=2),
        last=START,
        utc_offset_minutes=540,
        utc_offset_basis="Time() of its own records",
    )


def report(*incidents: Incident) -> Report:
    return Report(
        version="9.9.9",
        sources=(source(), replace(source("unknown.bin"), kind="unknown", side=None, host=None, records=0)),
        incidents=incidents,
        clocks=(Clock(("desk-pc07", "harb1"), -0.412, 0.05, 4),),
        notes=(
            Note("ambiguous-date", "client/AMQERR01.LOG", 1, "19/03 can only be day/month."),
            Note("general", None, None, "Nothing else."),
        ),
    )


def full_report() -> Report:
    return report(incident(), bare_incident())


def hostile_report() -> Report:
    """Every string that a log can put into a report is an attack on the terminal."""
    span = Span(HOSTILE, 1, 1, 0, 1)
    event = Event("amqerr", span, stamp=Stamp(HOSTILE), message_id=MessageId("AMQ", "9633", "E"), probe_id=HOSTILE)
    bad_name = Name((("CN", HOSTILE),))
    bad = replace(
        incident(),
        title=HOSTILE,
        channel=HOSTILE,
        queue_manager=HOSTILE,
        certificate=CertificateFinding(Certificate(bad_name, bad_name, HOSTILE), "client"),
        alternatives=(Alternative("certificate-invalid", HOSTILE),),
        evidence=(Evidence("origin", HOSTILE, span, None, event),),
        missing=(HOSTILE,),
        remedies=(Remedy(HOSTILE, HOSTILE, HOSTILE),),
    )
    bad_source = replace(source(HOSTILE), host=HOSTILE, queue_manager=HOSTILE, utc_offset_basis=HOSTILE)
    return Report(
        version="9.9.9",
        sources=(bad_source,),
        incidents=(bad,),
        clocks=(Clock((HOSTILE, HOSTILE), 1.0, 0.0, 1),),
        notes=(Note("odd", HOSTILE, 1, HOSTILE),),
    )


# ---- a knowledge small enough to be read here ------------------------------------------------------------------


def knowledge() -> Knowledge:
    remedy = RemedyText(who="PKI team", do="Replace it on {owner_host}.", check="It starts.")
    here = Condition(message_id=("AMQ9633",), code=("gskval:575032", "x509:23"))
    revoked = Cause(
        title="The {owner}'s certificate is revoked",
        because="The responder\nsaid so.",
        layer="tls",
        signs=(Sign(lead=here, judge="here", confidence="certain", says="code 575032"),),
        settles=("ask {judge_host}",),
        remedies=(remedy,),
    )
    anything = Condition(code=("x509:1-200",))
    invalid = Cause(
        title="The certificate is invalid",
        because="It is.",
        layer="tls",
        signs=(Sign(lead=anything, judge="here", confidence="possible", says="refused"),),
        remedies=(remedy,),
    )
    blocked = Cause(
        title="A rule blocked it",
        because="A rule.",
        layer="chlauth",
        signs=(Sign(lead=Condition(reason_code=(2035,)), judge="peer", confidence="possible", says="2035"),),
        remedies=(remedy,),
    )
    lost = Cause(title="Lost", because="Lost.", layer="tcp", signs=(), remedies=())
    broken = Cause(title="Broken", because="Broken.", layer="system", signs=(), remedies=())
    return Knowledge(
        layers={
            "tcp": Layer(passed="TCP: connected", unreached="TCP: not connected"),
            "tls": Layer(passed="TLS: completed", unreached="TLS: not reached"),
            "chlauth": Layer(passed="CHLAUTH: no rule blocked it", unreached="CHLAUTH: not asked"),
            "oam": Layer(passed="OAM: allowed", unreached="OAM: not asked"),
            "system": Layer(passed="", unreached=""),
        },
        codes={
            "mqrc": {
                "2035": code("MQRC_NOT_AUTHORIZED", "not authorized", layers=("chlauth", "oam"), role="wrapper"),
            },
            "gskval": {"575032": code("GSKVAL_REVOKED", "the certificate is revoked")},
            "x509": {
                "23": code("X509_V_ERR_CERT_REVOKED", "the certificate is revoked"),
                "24": code("X509_V_ERR_INVALID_CA", "no CA", verified=False),
            },
            "mqrq": {"23": code("MQRQ_CHANNEL_BLOCKED_NOACCESS", "a CHLAUTH rule blocked it")},
            "alert": {"42": code("bad_certificate", "the other end refused this end's certificate")},
            "errno": {"refused": code("ECONNREFUSED", "nothing listens there", numbers={"linux": 111, "aix": 79})},
            "probe": {"XC022001": code("xcsDisplayMessage", "a message was displayed")},
        },
        messages={
            "AMQ9633": Message(
                says="a certificate was refused",
                role="judge",
                layer="tls",
                side="both",
                channel="CommentInsert1",
                codes={"ArithInsert1": "gskit"},
                facts={"gskit_call": "CommentInsert2"},
                peers=("AMQ9665", "AMQ0000"),
                next="The validation code.",
                verified=True,
            ),
            "AMQ9665": Message(
                says="the other end closed it", role="victim", layer="tls", side="caller", verified=False
            ),
            "CSQX665": Message(says="the same on z/OS", role="victim", layer="tls", side="both", verified=True),
        },
        causes={
            "certificate-revoked": revoked,
            "certificate-invalid": invalid,
            "blocked-by-chlauth": blocked,
            "connection-lost": lost,
            "internal-error": broken,
        },
    )


def code(name: str, says: str, **others: object) -> CodeEntry:
    return CodeEntry(**{"name": name, "says": says, "verified": True, **others})  # type: ignore[arg-type]


# ---- and one that is large --------------------------------------------------------------------------------------


def many_incidents(count: int) -> tuple[Report, dict[Span, str]]:
    """As many incidents, no two on one channel, and the records that they cite: causes, hosts and days in turn."""
    causes = ("certificate-revoked", "connection-lost", "blocked-by-chlauth", "ocsp-responder-unreachable")
    made = []
    raw: dict[Span, str] = {}
    for number in range(count):
        start = START + timedelta(hours=number)
        told = []
        for line, each in enumerate((origin(), echo(), wrapper())):
            span = replace(each.span, line=40 * number + 9 * line + 1, last_line=40 * number + 9 * line + 9)
            event = replace(each.event, span=span, host=f"host{number % 7}.example.net", stamp=stamp(start))  # type: ignore[type-var]
            told.append(replace(each, span=span, event=event))
            raw[span] = "\n".join(f"{event.message_id}: line {at} of the record" for at in range(9))
        times = tuple(start + timedelta(seconds=7 * at * at) for at in range(1 + number % 30))
        made.append(
            replace(
                incident(),
                id=f"MQI-{number:08x}",
                cause=causes[number % len(causes)],
                title=f"Verdict {number} of many",
                confidence=("certain", "probable", "possible")[number % 3],
                channel=f"CHANNEL.{number % 250:03d}",
                start=start,
                end=times[-1],
                occurrences=len(times),
                evidence=tuple(told),
                times=times,
            )
        )
    return report(*made), raw
