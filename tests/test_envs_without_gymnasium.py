"""Without Gymnasium everything else works, and asking for environments is one sentence."""

import sys

import pytest

from gait.errors import UsageError


def test_a_missing_gymnasium_is_one_sentence(monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == "gymnasium" or n.startswith("gait.envs")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(UsageError, match=r"^gait\.envs needs Gymnasium: pip install 'gaitopt\[gym\]'\.$"):
        import gait.envs  # noqa: F401
    assert "gait.envs" not in sys.modules
