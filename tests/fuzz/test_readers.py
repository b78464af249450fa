"""Each fuzz target runs a moment on the corpus, so that none rots; the long run is `readers.py --seconds 600`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from readers import unguided
from targets import corpus, targets


@pytest.mark.parametrize("name", sorted(targets()))
def test_target(name: str) -> None:
    assert unguided(name, 0.4) >= 5


@pytest.mark.parametrize("name", sorted(targets()))
def test_target_holds_on_the_corpus(name: str) -> None:
    target = targets()[name]
    for data in corpus(name)[:: 7 if len(corpus(name)) > 100 else 1]:
        target(data)
