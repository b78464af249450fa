from __future__ import annotations

import pytest
from sample_reports import knowledge


@pytest.fixture
def small_knowledge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents made from a knowledge whose wording these tests own."""
    monkeypatch.setattr("mqdiag.render._document.knowledge", knowledge)
