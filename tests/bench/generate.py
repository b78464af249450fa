"""
Bundles of logs whose truth is known: hosts, zones, clocks that differ, retries, noise, and logs that are missing.

`write(scene, folder)` writes one folder a host, as a collector would leave them, and returns the truth: which records
are of one failure, which failures are one incident, and by how much each host's clock was ahead. The same scene
writes the same bytes. No sentence of a record is IBM's beyond the message line.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2024, 5, 20, 6, 0, tzinfo=UTC)
ZONES = (-8 * 60, -5 * 60, 0, 60, 120, 330, 540, 600)  # minutes
VICTIM = "AMQ9665"


@dataclass(frozen=True, slots=True)
class Scene:
    """
    What a bundle is like. `noise`: records of no failure for each record of one. `skew_s`: clocks differ from the
    truth by at most this. `hidden`: share of the client hosts whose address the servers do not see (NAT, a load
    balancer). `missing`: share of the hosts whose log is not in the bundle. `old`: share of the hosts that print
    no Time() (before 9.1), whose zone `Truth.zones` says. `apart_s`: mean time between two incidents.
    """

    seed: int = 1
    incidents: int = 300
    channels: int = 50
    clients: int = 40
    queue_managers: int = 6
    skew_s: float = 120.0
    noise: float = 20.0
    hidden: float = 0.2
    missing: float = 0.05
    old: float = 0.1
    apart_s: float = 40.0
    storms: int = 1


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    address: str  # as the other side sees it
    ahead_s: float
    zone: int  # minutes from UTC
    old: bool
    missing: bool
    queue_manager: str | None = None

    @property
    def folder(self) -> str:
        return f"{'server' if self.queue_manager else 'client'}-{self.name}"


@dataclass(frozen=True, slots=True)
class Channel:
    name: str
    client: Host
    server: Host


@dataclass(slots=True)
class Failure:
    """One failure: when it was, and where its records stand, as (path, line), by side."""

    incident: int
    when: datetime
    client: list[tuple[str, int]] = field(default_factory=list)
    server: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Truth:
    """`incidents`: cause, channel and judge of each, by number. `zones`: what a user would say with --tz."""

    failures: tuple[Failure, ...]
    incidents: tuple[tuple[str, str, str | None], ...]
    ahead_s: dict[str, float]
    zones: dict[str, str]
    records: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A cause as the two ends log it: message and its inserts, None where an end writes nothing."""

    cause: str
    judge: str | None
    client: str | None
    server: str | None
    code: int = 0  # validation error of AMQ9633, errno, or reason code of the application
    old: bool = False  # only on servers without inserts (OpenSSL)


KINDS = (
    Kind("ocsp-responder-unreachable", "server", VICTIM, "AMQ9716"),
    Kind("ocsp-responder-unreachable", "client", "AMQ9716", VICTIM),
    Kind("certificate-revoked", "server", VICTIM, "AMQ9633", 575032),
    Kind("certificate-revoked", "client", "AMQ9633", VICTIM, 575032),
    Kind("certificate-issuer-untrusted", "server", VICTIM, "AMQ9633", 575010),
    Kind("certificate-issuer-untrusted", "client", "AMQ9633", VICTIM, 575010),
    Kind("certificate-invalid", "server", VICTIM, "AMQ9633", 575059),
    Kind("ocsp-status-unknown", "server", VICTIM, "AMQ9633", 75, old=True),
    Kind("ocsp-response-unverifiable", "server", VICTIM, "AMQ9633", 74, old=True),
    Kind("certificate-expired", "server", VICTIM, "AMQ9633", 10, old=True),
    Kind("certificate-not-yet-valid", "server", VICTIM, "AMQ9633", 9, old=True),
    Kind("crl-unavailable", "server", VICTIM, "AMQ9633", 3, old=True),
    Kind("certificate-expired", "server", VICTIM, "AMQ9658"),
    Kind("crl-unavailable", "server", VICTIM, "AMQ9646"),
    Kind("certificate-missing", "server", "AMQ9642", "AMQ9637"),
    Kind("cipherspec-mismatch", "server", "AMQ9641", "AMQ9631"),
    Kind("cipherspec-not-enabled", "server", VICTIM, "AMQ9616"),
    Kind("key-repository-unusable", "server", VICTIM, "AMQ9660"),
    Kind("peer-name-mismatch", "server", "AMQ9643", "AMQ9636"),
    Kind("tls-not-used-by-peer", "server", "AMQ9503", "AMQ9639"),
    Kind("channel-not-found", "server", "AMQ9520", "AMQ9519"),
    Kind("channel-stopped", "server", "AMQ9558", "AMQ9534"),
    Kind("channel-limit-reached", "server", "AMQ9558", "AMQ9489"),
    Kind("sequence-number-mismatch", "server", "AMQ9526", "AMQ9526"),
    Kind("blocked-by-chlauth", "server", "MQI", "AMQ9777", 2035),
    Kind("authentication-failed", "server", "MQI", "AMQ9791", 2035),
    Kind("connection-refused", None, "AMQ9202", None, 111),
    Kind("connection-timed-out", None, "AMQ9202", None, 110),
    Kind("host-unknown", "client", "AMQ9203", None),
    Kind("cipherspec-invalid", "client", "AMQ9635", None),
    Kind("rejected-by-peer", "server", VICTIM, None),
)  # fmt: skip

# The message line of each id, and its inserts; {ch} channel or '????', {peer} the other end, {cert} its certificate.
MESSAGES: dict[str, tuple[str, dict[str, str]]] = {
    "AMQ9665": ("SSL connection closed by remote end of channel '{ch}'.", {"C1": "{ch}", "C2": "{peer}"}),
    "AMQ9716": (
        "Remote SSL certificate revocation status check failed for channel '{ch}'.",
        {"C1": "{cert}", "C2": "gsk_attribute_get_buffer - GSK_UNKNOWNREVOCATIONSTATUS_SUBJECT", "C3": "{ch}"},
    ),
    "AMQ9633": (
        "Bad SSL certificate for channel '{ch}'.",
        {"A1": "414", "A2": "{code}", "C1": "{ch}", "C2": "{cert}", "C3": "{peer}"},
    ),
    "AMQ9658": ("An SSL certificate failed date validation.", {"C1": "{ch}"}),
    "AMQ9646": ("Channel '{ch}' could not connect to any LDAP CRL servers.", {"C1": "{ch}"}),
    "AMQ9637": ("Channel is lacking a certificate.", {"C1": "{ch}"}),
    "AMQ9642": ("No SSL or TLS certificate for channel '{ch}'.", {"C1": "{ch}", "C2": "{peer}"}),
    "AMQ9631": (
        "The CipherSpec negotiated does not match the required CipherSpec for channel '{ch}'.",
        {"C1": "{ch}", "C2": "TLS_RSA_WITH_AES_128_CBC_SHA256", "C3": "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    ),
    "AMQ9641": ("Remote CipherSpec error for channel '{ch}' to host '{peer}'.", {"C1": "{ch}", "C2": "{peer}"}),
    "AMQ9616": ("The CipherSpec proposed is not enabled on the server.", {"C1": "{peer}"}),
    "AMQ9660": ("SSL key repository: password stash file absent or unusable.", {"C1": "{ch}", "C2": "/var/mqm/key"}),
    "AMQ9636": (
        "SSL distinguished name does not match peer name, channel '{ch}'.",
        {"C1": "{ch}", "C2": "{subject}", "C3": "{peer}"},
    ),
    "AMQ9643": ("Remote SSL peer name error for channel '{ch}' on host '{peer}'.", {"C1": "{ch}", "C2": "{peer}"}),
    "AMQ9639": ("Remote channel '{ch}' did not specify a CipherSpec.", {"C1": "{ch}", "C3": "{peer}"}),
    "AMQ9503": ("Channel negotiation failed.", {"C1": "{ch}", "C3": "{peer}"}),
    "AMQ9519": ("Channel '{ch}' not found.", {"C1": "{ch}"}),
    "AMQ9520": ("Channel not defined remotely.", {"C1": "{ch}", "C2": "{peer}"}),
    "AMQ9534": ("Channel '{ch}' is currently not enabled.", {"C1": "{ch}"}),
    "AMQ9558": ("The remote channel '{ch}' on host '{peer}' is not available.", {"C1": "{ch}", "C2": "{peer}"}),
    "AMQ9489": ("The maximum number of instances of channel '{ch}' was reached.", {"C1": "{ch}"}),
    "AMQ9526": ("Message sequence number error for channel '{ch}'.", {"A1": "7", "A2": "5", "C1": "{ch}"}),
    "AMQ9777": ("Channel was blocked", {"C1": "{ch}", "C2": "{peer}", "C3": "CLNTUSER(app)"}),
    "AMQ9791": ("The client application did not supply a user ID and password.", {"C1": "{ch}"}),
    "AMQ9202": (
        "Remote host '{peer}' not available, retry later.",
        {"A1": "{code}", "A2": "{code}", "C1": "{peer}", "C2": "TCP/IP", "C3": "{ch}"},
    ),
    "AMQ9203": ("A configuration error for TCP/IP occurred.", {"A1": "11001", "C1": "{peer}", "C2": "TCP/IP"}),
    "AMQ9635": ("Channel '{ch}' did not specify a valid CipherSpec.", {"C1": "{ch}", "C2": "TLS_RSA_NO_SUCH"}),
    "AMQ9999": (
        "Channel '{ch}' to host '{peer}' ended abnormally.",
        {"C1": "{ch}", "C2": "{process}", "C3": "{peer}"},
    ),
    "AMQ9209": (
        "Connection to host '{peer}' for channel '{ch}' closed.",
        {"C1": "{peer}", "C2": "TCP/IP", "C3": "{ch}"},
    ),
    "AMQ9002": ("Channel '{ch}' is starting.", {"C1": "{ch}"}),
    "AMQ9001": ("Channel '{ch}' ended normally.", {"C1": "{ch}", "C3": "{peer}"}),
}  # fmt: skip
INFORMATION = ("AMQ9001", "AMQ9002")
NAMELESS = ("AMQ9716", "AMQ9633", "AMQ9637", "AMQ9665", "AMQ9646", "AMQ9616", "AMQ9658", "AMQ9660")  # at a server


def write(scene: Scene, folder: Path) -> Truth:
    """Write the bundle under a folder and return its truth."""
    return Writer(scene, folder).write()


class Writer:
    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene, self.folder = scene, folder
        self.random = random.Random(scene.seed)
        servers = [self.host(f"qm{n}-mq", f"198.51.100.{n + 10}", f"QM{n}") for n in range(scene.queue_managers)]
        balancer = "203.0.113.250"
        clients = []
        for n in range(scene.clients):
            address = balancer if self.random.random() < scene.hidden else f"192.0.{2 + n // 250}.{n % 250 + 1}"
            clients.append(self.host(f"app{n:03}", address))
        self.servers, self.clients = servers, clients
        self.channels = [
            Channel(f"APP{n:04}.SVRCONN", clients[n % len(clients)], self.random.choice(servers))
            for n in range(scene.channels)
        ]
        # what is written, as (time on the host's clock, tie, host's file, text, failure and side or None)
        self.lines: dict[str, list[tuple[datetime, int, str, tuple[Failure, str] | None]]] = {}
        self.written = 0

    def host(self, name: str, address: str, queue_manager: str | None = None) -> Host:
        # two hosts differ by at most skew_s; those that serve are looked after better
        chance, limit = self.random.random, self.scene.skew_s * (1 if queue_manager else 11) / 12
        return Host(
            name,
            address,
            round(self.random.uniform(-limit, limit), 3),
            self.random.choice(ZONES),
            chance() < self.scene.old,
            chance() < self.scene.missing,
            queue_manager,
        )

    def write(self) -> Truth:
        incidents, failures = [], []
        for number, (channel, kind) in enumerate(self.plan()):
            incidents.append((kind.cause, channel.name, kind.judge))
            start = BEGIN + timedelta(seconds=number * self.scene.apart_s * self.random.uniform(0.8, 1.2))
            for when in self.occurrences(start, number):
                failure = Failure(number, when)
                self.fail(channel, kind, failure)
                failures.append(failure)
        real = self.written
        last = BEGIN + timedelta(seconds=len(incidents) * self.scene.apart_s + 600)
        for _ in range(int(real * self.scene.noise)):
            self.murmur(BEGIN - timedelta(seconds=300), last)
        self.save()
        hosts = [*self.servers, *self.clients]
        zones = {each.folder: zone_name(each.zone) for each in hosts if each.old and not each.missing}
        return Truth(
            tuple(failures), tuple(incidents), {each.name: each.ahead_s for each in hosts}, zones, self.written
        )

    def plan(self) -> Iterator[tuple[Channel, Kind]]:
        """Every incident another pair of channel and cause, in an order that depends on the seed only."""
        possible = [
            (channel, kind) for channel in self.channels for kind in KINDS if not kind.old or channel.server.old
        ]
        self.random.shuffle(possible)
        seen: set[tuple[str, str]] = set()
        count = 0
        for channel, kind in possible:
            if (channel.name, kind.cause) in seen or count == self.scene.incidents:
                continue
            seen.add((channel.name, kind.cause))
            count += 1
            yield channel, kind

    def occurrences(self, start: datetime, number: int) -> Iterator[datetime]:
        """Half of all happen once; the others are retried, as a channel with SHORTTMR(60) or an application does."""
        count = 200 if number < self.scene.storms else self.random.choice((1, 1, 1, 2, 3, 5))
        every = self.random.choice((10.0, 60.0))
        when = start
        for _ in range(count):
            yield when
            when += timedelta(seconds=every + self.random.uniform(0.05, 1.5))

    # ---- what the two ends write ---------------------------------------------------------------------------------

    def fail(self, channel: Channel, kind: Kind, failure: Failure) -> None:
        lag = abs(self.random.gauss(0, 0.25))
        first, second = (0.0, lag) if kind.judge == "server" else (lag, 0.0)
        moments = {
            "server": failure.when + timedelta(seconds=first),
            "client": failure.when + timedelta(seconds=second),
        }
        if kind.client:
            self.put(channel.client, channel, kind.client, kind, moments["client"], (failure, "client"))
        if kind.server:
            self.put(channel.server, channel, kind.server, kind, moments["server"], (failure, "server"))
            after = moments["server"] + timedelta(milliseconds=2)
            self.put(channel.server, channel, "AMQ9999", kind, after, (failure, "server"))

    def put(self, host: Host, channel: Channel, key: str, kind: Kind, when: datetime, of: tuple[Failure, str]) -> None:
        """One record of a failure; `of` is the failure and the side that writes it."""
        other = channel.client if host.queue_manager else channel.server
        name = "????" if of[1] == "server" and kind.server in NAMELESS else channel.name
        process = f"{2000 + of[0].incident % 60000}.{1 + int(of[0].when.timestamp() * 10) % 5000}"
        if key == "MQI":
            self.add(host, f"{host.folder}/app.log", when, lambda at: told(at, channel, kind.code), of)
            return
        values = {
            "ch": name,
            "peer": other.address if host.queue_manager else f"{other.name} ({other.address})(1414)",
            "cert": certificate(other),
            "subject": subject(other),
            "code": str(kind.code),
            "process": process.partition(".")[0],
        }
        self.add(
            host, f"{host.folder}/AMQERR01.LOG", when, lambda at: record(host, key, values, process, at, kind.code), of
        )

    def murmur(self, first: datetime, last: datetime) -> None:
        """One record, or two of one thread, that belong to no failure: starts, ends, port scans, health checks."""
        host = self.random.choice(self.servers if self.random.random() < 0.7 else self.clients)
        when = first + (last - first) * self.random.random()
        at_server = host.queue_manager is not None
        scan = at_server and self.random.random() < 0.5
        keys = ("AMQ9209", "AMQ9999") if scan else (self.random.choice(INFORMATION),)
        values = {
            "ch": "????" if scan else self.random.choice(self.channels).name,
            "peer": "203.0.113.9",
            "process": "77",
        }
        process = f"{70000 + self.random.randrange(20000)}.{self.random.randrange(1, 5000)}"
        for place, key in enumerate(keys):
            at = when + timedelta(milliseconds=2 * place)
            self.add(
                host, f"{host.folder}/AMQERR01.LOG", at, lambda a, k=key: record(host, k, values, process, a, 0), None
            )

    # ---- files ---------------------------------------------------------------------------------------------------

    def add(
        self, host: Host, path: str, when: datetime, text: Callable[[datetime], str], of: tuple[Failure, str] | None
    ) -> None:
        self.written += 1
        if host.missing:
            return
        at = when + timedelta(seconds=host.ahead_s)
        lines = self.lines.setdefault(path, [])
        lines.append((at, len(lines), text(at), of))

    def save(self) -> None:
        for path, lines in self.lines.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            line = 1
            with target.open("w", encoding="utf-8", newline="\n") as file:
                for _, _, text, of in sorted(lines, key=lambda each: each[:2]):
                    if of:
                        (of[0].client if of[1] == "client" else of[0].server).append((path, line))
                    file.write(text)
                    line += text.count("\n")


def zone_name(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def subject(host: Host) -> str:
    return f"CN={host.name}.example.com,O=Example Works,C=GB"


def certificate(host: Host) -> str:
    serial = f"{int(host.name.strip('apqm-') or 0) + (4096 if host.queue_manager else 256):04X}"
    return f"[Class=]GSKVALMethod::X509[Issuer=]CN=Works CA,O=Example Works,C=GB[#=]{serial}[Subject=]{subject(host)}"


def told(at: datetime, channel: Channel, reason: int) -> str:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
    queue_manager = channel.server.queue_manager
    return (
        f"{stamp} app: opening {queue_manager} over {channel.name}: "
        f"MQCONNX: MQCC = MQCC_FAILED [2] MQRC = MQRC_NOT_AUTHORIZED [{reason}]\n"
    )


def record(host: Host, key: str, values: dict[str, str], process: str, at: datetime, code: int) -> str:
    """One record as the error log of a level prints it; before 9.1 without Time(), severity and inserts."""
    said, inserts = MESSAGES[key]
    local = at + timedelta(minutes=host.zone)
    severity = "" if host.old else "I" if key in INFORMATION else "E"
    user, program = ("mqm", "amqrmppa") if host.queue_manager else ("app", "appd")
    lines = [
        f"{local:%m/%d/%Y %H:%M:%S} - Process({process}) User({user}) Program({program})",
        f"                    Host({host.name}) Installation({'Installation1' if host.queue_manager else 'MQNI93'})",
        f"                    VRMF({'8.0.0.15' if host.old else '9.3.0.10'})"
        + (f" QMgr({host.queue_manager})" if host.queue_manager else ""),
    ]
    if not host.old:
        lines.append(f"                    Time({at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z)")
        lines.append(f"                    RemoteHost({values['peer'].rpartition(' (')[2].partition(')')[0]})")
        filled = {name: value.format(**values) for name, value in inserts.items()}
        if numbers := [f"ArithInsert{name[1]}({value})" for name, value in filled.items() if name[0] == "A"]:
            lines.append(f"                    {' '.join(numbers)}")
        lines += [f"                    CommentInsert{name[1]}({v})" for name, v in filled.items() if name[0] == "C"]
    lines += [
        "                   ",
        f"{key}{severity}: {said.format(**values)}",
        "",
        "EXPLANATION:",
        *explained(key, values, code),
        "ACTION:",
        "None. ",
        "----- amqccisa.c : 1752 -------------------------------------------------------",
    ]
    return "\n".join(lines) + "\n"


def explained(key: str, values: dict[str, str], code: int) -> list[str]:
    """What of a record's values stands only in its explanation on levels that print no inserts."""
    if key in INFORMATION:
        return ["None."]
    lines = [f"Channel '{values['ch']}', remote host '{values['peer']}'."]
    if key in ("AMQ9716", "AMQ9633"):
        lines += [f"The details of the certificate are '{values['cert']}'."]
    if key == "AMQ9633":
        lines += [f"The certificate validation error was {code}."]
    if key == "AMQ9202":
        lines += [f"The return code from TCP/IP is {code}."]
    return lines
