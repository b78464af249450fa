"""The knowledge is held honest: everything a rule names exists, and everything is in its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mqdiag.classify.words import UNKNOWN
from mqdiag.errors import MqdiagError
from mqdiag.knowledge import Condition, build, cause, knowledge
from mqdiag.resources import knowledge_dir

CONTRACT = """
ocsp-responder-unreachable ocsp-status-unknown ocsp-response-unverifiable certificate-revoked crl-unavailable
certificate-expired certificate-not-yet-valid certificate-issuer-untrusted certificate-missing certificate-invalid
peer-name-mismatch cipherspec-mismatch cipherspec-not-enabled cipherspec-invalid tls-not-used-by-peer
tls-version-mismatch key-repository-unusable tls-handshake-failed rejected-by-peer connection-refused
connection-timed-out connection-lost host-unknown channel-not-found channel-stopped channel-limit-reached
channel-definition-mismatch sequence-number-mismatch queue-manager-unavailable blocked-by-chlauth
authentication-failed not-authorized internal-error storage-problem
""".split()

NEVER_A_CAUSE = ("AMQ9999", "AMQ9638", "AMQ9665")


def conditions() -> list[tuple[str, Condition]]:
    result = []
    for slug, each in knowledge().causes.items():
        for sign in each.signs:
            result += [(slug, sign.lead), *((slug, c.when) for c in sign.also), *((slug, c) for c in sign.without)]
        result += [(slug, support.when) for support in each.supports]
    return result


def texts() -> list[tuple[str, str]]:
    result = []
    for slug, each in knowledge().causes.items():
        result += [(slug, each.title), *((slug, text) for text in each.settles)]
        result += [(slug, sign.says) for sign in each.signs]
        result += [(slug, text) for remedy in each.remedies for text in (remedy.who, remedy.do, remedy.check)]
        result += [(slug, other.why) for other in each.alternatives]
    return result


def test_every_cause_of_the_contract_is_there() -> None:
    assert set(CONTRACT) <= set(knowledge().causes)


def test_rules_name_messages_that_exist() -> None:
    missing = {(slug, key) for slug, c in conditions() for key in c.message_id if key not in knowledge().messages}

    assert missing == set()


def test_rules_name_codes_that_exist() -> None:
    """A single code must be in its table; a range needs the table."""
    codes, missing = knowledge().codes, set()
    for slug, condition in conditions():
        for each in condition.code:
            namespace, _, value = each.partition(":")
            if namespace not in codes or (re.fullmatch(r"\d+-\d+", value) is None and value not in codes[namespace]):
                missing.add((slug, each))
        for number in condition.reason_code:
            if str(number) not in codes["mqrc"]:
                missing.add((slug, f"mqrc:{number}"))

    assert missing == set()


def test_layers_exist() -> None:
    layers = knowledge().layers

    assert {each.layer for each in knowledge().causes.values()} <= set(layers)
    assert {each.layer for each in knowledge().messages.values()} <= set(layers)
    assert {layer for each in knowledge().codes["mqrc"].values() for layer in each.layers} <= set(layers)


def test_peers_are_mutual() -> None:
    """What one end's message says of the other end's, the other's says too."""
    messages = knowledge().messages
    one_way = [
        (key, other)
        for key, each in messages.items()
        for other in each.peers
        if other not in messages or key not in messages[other].peers
    ]

    assert one_way == []


def test_what_calls_get_is_a_known_reason_code() -> None:
    returned = {code for each in knowledge().messages.values() for code in each.returns}

    assert returned
    assert returned <= set(knowledge().codes["mqrc"])


def test_what_programs_say_counts_where_programs_say_it() -> None:
    """A page of Java's torn into a record of MQ must not make a verdict: words alone ask for the kind of the record."""
    anywhere = [
        sign.lead.mentions
        for cause in knowledge().causes.values()
        for sign in cause.signs
        if sign.lead.mentions
        and not (sign.lead.kind or sign.lead.message_id or sign.lead.reason_code or sign.lead.code)
    ]

    assert anywhere == [("MQRQ_SSL_UNKNOWN_REVOCATION",)]


def test_alternatives_are_causes() -> None:
    causes = knowledge().causes

    assert {(slug, a.cause) for slug, c in causes.items() for a in c.alternatives if a.cause not in causes} == set()


def test_wrappers_lead_to_no_named_cause() -> None:
    """AMQ9999, AMQ9638 and AMQ9665 never say why: they lead at most to 'the other end refused' or 'TLS failed'."""
    leads = {
        (slug, key)
        for slug, each in knowledge().causes.items()
        for sign in each.signs
        for key in sign.lead.message_id
        if key in NEVER_A_CAUSE and not sign.also and not sign.lead.code
    }

    assert {slug for slug, _ in leads} <= {"rejected-by-peer", "tls-handshake-failed"}


def test_catch_all_reason_codes_lead_to_nothing_more_than_possible() -> None:
    """2393, 2397, 2059 and 2009 say that it failed, and never why."""
    sure = {
        (slug, number)
        for slug, each in knowledge().causes.items()
        for sign in each.signs
        for number in sign.lead.reason_code
        if number in (2393, 2397, 2059, 2009)
        and sign.confidence != "possible"
        and not sign.lead.mentions
        and not sign.also
        and not sign.lead.code
        and not sign.lead.message_id
    }

    assert sure == set()


def test_placeholders_can_be_filled() -> None:
    unknown = {
        (slug, name)
        for slug, text in texts()
        for name in re.findall(r"\{(\w+)\}", text)
        if name not in UNKNOWN and not name.startswith("fact_")
    }

    assert unknown == set()


def test_tables_are_sorted_and_unique() -> None:
    seen: dict[str, Path] = {}
    for path in sorted((knowledge_dir() / "messages").glob("*.toml")):
        keys = list(tomllib.loads(path.read_text(encoding="utf-8")))
        assert keys == sorted(keys), path.name
        for key in keys:
            assert key not in seen, f"{key} stands in {path.name} and in {seen[key].name}"
            seen[key] = path


def test_a_socket_error_number_means_one_thing() -> None:
    """No number stands for two errors on two platforms, so the platform need not be known to read one."""
    by_number: dict[int, set[str]] = {}
    for name, entry in knowledge().codes["errno"].items():
        for number in entry.numbers.values():
            by_number.setdefault(number, set()).add(name)

    assert {number: names for number, names in by_number.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('title = "x"\nbecause = "x"\nlayer = "tls"\nsigns = []\nremedys = []', "remedys"),
        ('title = "x"\nbecause = "x"\nlayer = "tls"\nremedies = []', "signs"),
        (
            'title = "x"\nbecause = "x"\nlayer = "tls"\nremedies = []\n[[signs]]\nlead = {}\njudge = "nobody"\n'
            'confidence = "certain"\nsays = "x"',
            "nobody",
        ),
        ("title = ", "Invalid value"),
    ],
)
def test_mistakes_in_a_rule_are_named(text: str, complaint: str, tmp_path: Path) -> None:
    """A misspelt key, a missing one and a wrong value each stop with the file and the key."""
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(MqdiagError, match=complaint) as error:
        cause(path)
    assert str(path) in str(error.value)


def test_one_value_stands_for_a_list_of_one() -> None:
    assert build(Condition, {"message_id": "AMQ9716"}, Path("x"), "").message_id == ("AMQ9716",)
