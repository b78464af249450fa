"""mqdiag: from the IBM MQ logs of both ends of a channel to the end that refused, and why."""

__version__ = "0.1.0"
