"""What the keys of a cause mean, for those who write one: signs, companions, supports, alternatives, placeholders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sample_events import CA, at, certificate, span

from mqdiag.classify.rules import Candidate, candidate
from mqdiag.classify.words import fill, values
from mqdiag.knowledge import AlternativeText, Cause, Companion, Condition, RemedyText, Sign, Support
from mqdiag.language import speaking
from mqdiag.model import Code, Event, MessageId, Occurrence, Peer

LEAD = Event("amqerr", span("a.log"), at(0), side="server", text="lead")
BESIDE = Event("amqerr", span("b.log"), at(1), side="client", text="beside")
HELPER = Event("ocsp-transcript", span("c.txt"), side="server", text="helper")
STANZA = Event("mq-ini", span("mqs.ini"), side="server", text="stanza", facts={"one": "1", "two": "2"})


def word(*texts: str) -> Condition:
    return Condition(mentions=texts)


def tried(sign: dict[str, Any], *helpers: Event, **cause: Any) -> Candidate | None:
    """What a sign gives with LEAD, where BESIDE is of the same failure."""
    given: dict[str, Any] = {"lead": word("lead"), "judge": "here", "confidence": "possible", "says": "lead says"}
    own = Sign(**given | sign)
    done = RemedyText(who="w", do="d", check="c")
    whole = Cause(**{"title": "t", "because": "b", "layer": "tls", "signs": (own,), "remedies": (done,)} | cause)
    return candidate("made-up", whole, own, LEAD, Occurrence(LEAD, (LEAD, BESIDE)), helpers)


def found(sign: dict[str, Any], *helpers: Event, **cause: Any) -> Candidate:
    one = tried(sign, *helpers, **cause)
    assert one is not None
    return one


def cited(one: Candidate) -> dict[str, tuple[str, ...]]:
    return {each.event.text: each.says for each in one.cited}


def test_the_lead_must_be_as_the_sign_says() -> None:
    assert cited(found({})) == {"lead": ("lead says",)}
    assert tried({"lead": word("beside")}) is None


@pytest.mark.parametrize(("wanted", "is_there"), [("beside", True), ("helper", True), ("lead", False), ("x", False)])
def test_a_companion_is_another_record(wanted: str, is_there: bool) -> None:
    one = tried({"also": (Companion(when=word(wanted), says="and so"),)}, HELPER)

    assert (one is not None) is is_there
    if one:
        assert cited(one) == {"lead": ("lead says",), wanted: ("and so",)}


@pytest.mark.parametrize(("unwanted", "holds"), [("beside", False), ("helper", False), ("lead", True), ("x", True)])
def test_what_may_not_be_there_is_another_record(unwanted: str, holds: bool) -> None:
    assert (tried({"without": (word(unwanted),)}, HELPER) is not None) is holds


@pytest.mark.parametrize(
    ("confidence", "verified", "wanted"),
    [("certain", True, "certain"), ("certain", False, "probable"), ("possible", False, "possible")],
)
def test_what_nobody_has_verified_is_never_certain(confidence: str, verified: bool, wanted: str) -> None:
    assert found({"confidence": confidence, "verified": verified}).confidence == wanted


@pytest.mark.parametrize(
    ("confidence", "raises", "wanted"),
    [
        ("possible", "probable", "probable"),
        ("probable", "possible", "probable"),
        ("possible", None, "possible"),
        ("certain", "probable", "certain"),
    ],
)
def test_a_support_lifts_the_confidence(confidence: str, raises: Any, wanted: str) -> None:
    support = Support(when=word("beside"), says="supports", raises=raises)
    one = found({"confidence": confidence}, supports=(support,))

    assert one.confidence == wanted
    assert cited(one)["beside"] == ("supports",)


def test_what_is_cited_already_supports_no_more() -> None:
    support = Support(when=word("beside"), says="supports", raises="certain")
    one = found({"also": (Companion(when=word("beside"), says="and so"),)}, supports=(support,))

    assert (one.confidence, cited(one)["beside"]) == ("possible", ("and so",))


def test_a_support_that_is_not_there_does_nothing() -> None:
    assert cited(found({}, supports=(Support(when=word("helper"), says="s", raises="certain"),))).keys() == {"lead"}


def test_a_stanza_says_one_thing_an_attribute() -> None:
    supports = tuple(
        Support(when=Condition(kind=("mq-ini",), fact={name: "*"}), says=name, raises=raises)
        for name, raises in (("one", None), ("two", "probable"), ("three", "certain"))
    )
    one = found({}, STANZA, supports=supports)

    assert cited(one)["stanza"] == ("one", "two")
    assert one.confidence == "probable"


# ---- who, and how sure -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judge", "owner", "side", "wanted"),
    [
        ("here", "self", "server", ("server", "server")),
        ("here", "peer", "server", ("server", "client")),
        ("peer", "self", "client", ("server", "client")),
        ("peer", "peer", "client", ("server", "server")),
        ("none", None, "client", (None, None)),
        ("peer", "peer", None, (None, None)),
    ],
)
def test_who_refused_and_whose_certificate_it_is(judge: str, owner: Any, side: Any, wanted: tuple[Any, Any]) -> None:
    one = replace(found({"judge": judge, "owner": owner}), lead=replace(LEAD, side=side))

    assert (one.judge, one.owner) == wanted


def test_the_surer_cause_goes_first_then_the_heavier_then_who_judged_itself_then_who_cites_more() -> None:
    also = {"also": (Companion(when=word("beside"), says="x"),)}
    order = [
        found({"confidence": "certain", "weight": -9, "judge": "peer"}),
        found({"confidence": "probable", "weight": -9, "judge": "peer"}),
        found({"weight": 2, "judge": "peer"}),
        found({"weight": 1, "judge": "peer"} | also),
        found({"weight": 0, "judge": "here"} | also),
        found({"weight": 0, "judge": "none"}),
        found({"weight": 0, "judge": "peer"} | also),
        found({"weight": 0, "judge": "peer"}),
    ]

    assert sorted(order, key=lambda each: each.rank, reverse=True) == order


# ---- what depends on the records at hand -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "unless", "is_given"),
    [
        (None, None, True),
        (word("helper"), None, True),
        (word("lead"), None, True),
        (word("x"), None, False),
        (None, word("helper"), False),
        (None, word("x"), True),
        (word("helper"), word("x"), True),
        (word("helper"), word("beside"), False),
        (word("x"), word("y"), False),
    ],
)
def test_alternatives_and_remedies_hold_when_and_unless(
    when: Condition | None, unless: Condition | None, is_given: bool
) -> None:
    one = found(
        {},
        HELPER,
        alternatives=(AlternativeText(cause="other", why="why", when=when, unless=unless),),
        remedies=(RemedyText(who="w", do="d", check="c", when=when, unless=unless),),
    )

    assert [each.cause for each in one.alternatives] == ["other"] * is_given
    assert [each.do for each in one.remedies] == ["d"] * is_given


def test_what_the_records_suggest_is_done_first() -> None:
    one = found(
        {},
        remedies=(
            RemedyText(who="w", do="always", check="c"),
            RemedyText(who="w", do="unless", check="c", unless=word("x")),
            RemedyText(who="w", do="when", check="c", when=word("beside")),
        ),
    )

    assert [each.do for each in one.remedies] == ["when", "always", "unless"]


@pytest.mark.parametrize(("own", "wanted"), [(None, ("cause",)), (("sign",), ("sign",)), ((), ())])
def test_a_sign_can_have_its_own_alternatives_and_questions(own: Any, wanted: tuple[str, ...]) -> None:
    texts = None if own is None else tuple(AlternativeText(cause=each, why="") for each in own)
    one = found(
        {"alternatives": texts, "settles": own},
        settles=("cause",),
        alternatives=(AlternativeText(cause="cause", why=""),),
    )

    assert one.settles == tuple(each.cause for each in one.alternatives) == wanted


# ---- placeholders ----------------------------------------------------------------------------------------------

SERVER = replace(
    LEAD, host="mq1", queue_manager="QM1", peer=Peer("desk1.example.com", "192.0.2.1"), channel="A.B",
    message_id=MessageId("AMQ", "9637", "E"), certificate=certificate("0A"), codes=frozenset({Code("gskit", "414")}),
    facts={"url": "http://ocsp.example.com", "shelf_life": "3"},
)  # fmt: skip
CLIENT = replace(BESIDE, host="desk1", user="jo", facts={"elapsed_s": "21", "baseline_s": "2"})


def filled(text: str, *events: Event, **sign: Any) -> str:
    one = found({"owner": "peer"} | sign)
    one = replace(one, lead=events[0], sign=replace(one.sign, lead=Condition(code=("gskit:414",))))
    return fill(text, values(one, Occurrence(events[0], events)))


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        ("channel", "A.B", "the channel"),
        ("queue_manager", "QM1", "the queue manager"),
        ("judge", "queue manager", "refusing end"),
        ("other", "client", "other end"),
        ("owner", "client", "other end"),
        ("judge_host", "mq1", "the host that refused"),
        ("other_host", "desk1", "the other host"),
        ("owner_host", "desk1", "the host whose certificate it is"),
        ("client_host", "desk1", "the client's host"),
        ("server_host", "mq1", "the queue manager's host"),
        ("subject", "CN=wheel0A,O=Mill", "the certificate"),
        ("issuer", str(CA), "its issuer"),
        ("serial", "0A", "its serial number"),
        ("url", "http://ocsp.example.com", "<responder URL>"),
        ("peer", "desk1.example.com", "the other end"),
        ("time", "2025-03-10 12:00 UTC", "the time of the failure"),
        ("message_id", "AMQ9637E", "the message"),
        ("code", "414", "the code"),
        ("waited", "21 s (2 s when it succeeded)", "a while"),
        ("fact_shelf_life", "3", "<shelf life>"),
        ("unheard_of", "<unheard of>", "<unheard of>"),
    ],
)
def test_placeholders(name: str, known: str, unknown: str) -> None:
    bare = Event("amqerr", span("a.log"))

    assert filled(f"- {{{name}}} -", SERVER, CLIENT) == f"- {known} -"
    assert filled(f"- {{{name}}} -", bare) == f"- {unknown} -"


def test_what_is_not_known_is_a_phrase_in_the_language_of_the_answer() -> None:
    with speaking("ja"):
        assert filled("{channel}", Event("amqerr", span("a.log"))) == "チャネル"


@pytest.mark.parametrize(
    ("side", "events", "word"),
    [
        ("server", (SERVER, CLIENT), "queue manager"),
        ("client", (SERVER, CLIENT), "client"),
        ("server", (SERVER, replace(CLIENT, queue_manager="QM2")), "accepting queue manager"),
        ("client", (SERVER, replace(CLIENT, queue_manager="QM2")), "calling queue manager"),
        ("client", (SERVER, replace(CLIENT, queue_manager="QM2", kind="amqerr-json")), "calling queue manager"),
        ("client", (SERVER, replace(CLIENT, queue_manager="QM1", kind="java-exception")), "client"),
    ],
)
def test_the_ends_have_the_names_that_people_give_them(side: Any, events: tuple[Event, ...], word: str) -> None:
    lead = replace(events[0], side=side, queue_manager=None)

    assert filled("{judge}", lead, *events[1:]) == word


def test_a_host_that_wrote_nothing_is_known_by_what_the_other_end_calls_it() -> None:
    addressed = replace(SERVER, peer=Peer(None, "192.0.2.1"))

    assert filled("{client_host} {other_host}", SERVER) == "desk1.example.com desk1.example.com"
    assert filled("{client_host}", addressed) == "192.0.2.1"
    assert filled("{client_host}", replace(SERVER, peer=None)) == "the client's host"


def test_the_user_is_the_one_that_a_message_is_about() -> None:
    """The header's User() is only who ran the process."""
    header = replace(SERVER, user="mqm")
    refused = replace(header, message_id=MessageId("AMQ", "8077", "W"), user="jo")

    assert filled("{user}", header) == "the user"
    assert filled("{user}", refused) == "jo"


def test_the_certificate_of_the_lead_goes_before_that_of_another_record() -> None:
    other = replace(CLIENT, certificate=certificate("0B"))

    assert filled("{serial}", SERVER, other) == "0A"
    assert filled("{serial}", replace(SERVER, certificate=None), other) == "0B"
    assert filled("{serial}", replace(SERVER, certificate=None), other, owner=None) == "its serial number"


def test_the_facts_of_the_lead_go_before_those_of_others() -> None:
    other = replace(CLIENT, facts={"shelf_life": "9", "url": "http://other.example.com", "elapsed_s": "7"})

    assert filled("{fact_shelf_life} {url} {waited}", SERVER, other) == "3 http://ocsp.example.com 7 s"
    assert filled("{url}", replace(SERVER, facts={"responder_url": "http://r.example.com"}), other) == (
        "http://r.example.com"
    )


def test_a_time_that_is_not_known_is_as_the_log_wrote_it() -> None:
    local = replace(SERVER, stamp=replace(at(0), written="10.03.25 noon", instant=None))

    assert filled("{time}", local) == "10.03.25 noon"
