import os
from pathlib import Path

import pytest

from portsec.up.program import StartFailed
from portsec.up.unprivileged import NAMESPACE, NOBODY, NOBODY_INDEED, Guise, choose_guise

PROGRAM = Path("/bin/true")


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("portsec.up.unprivileged.has_name", lambda user: user != 4321)
    return monkeypatch


def test_it_runs_as_an_ordinary_user_as_it_is(as_user: pytest.MonkeyPatch) -> None:
    as_user.setattr(os, "geteuid", lambda: 1000)
    assert choose_guise(PROGRAM) == Guise((), 1000)


@pytest.mark.parametrize("user", [0, 4321])
def test_it_takes_a_namespace_for_root_and_for_a_user_without_a_name(as_user: pytest.MonkeyPatch, user: int) -> None:
    as_user.setattr(os, "geteuid", lambda: user)
    as_user.setattr(Guise, "fits", lambda guise, program: True)
    assert choose_guise(PROGRAM) == Guise(NAMESPACE, user)


def test_it_becomes_nobody_where_namespaces_are_forbidden(as_user: pytest.MonkeyPatch) -> None:
    as_user.setattr(os, "geteuid", lambda: 0)
    as_user.setattr(Guise, "fits", lambda guise, program: guise.prefix[0] == "setpriv")
    assert choose_guise(PROGRAM) == Guise(NOBODY_INDEED, NOBODY)


def test_it_says_what_to_do_where_neither_works(as_user: pytest.MonkeyPatch) -> None:
    as_user.setattr(os, "geteuid", lambda: 0)
    as_user.setattr(Guise, "fits", lambda guise, program: False)
    with pytest.raises(StartFailed, match="Run the same command as an ordinary user"):
        choose_guise(PROGRAM)


def test_it_does_not_fit_where_its_tool_is_missing_or_refused() -> None:
    assert Guise((), 0).fits(PROGRAM)
    assert not Guise(("no-such-tool",), 0).fits(PROGRAM)
    assert not Guise(("false",), 0).fits(PROGRAM)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_it_hands_a_whole_folder_over(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "base").mkdir(parents=True)
    (folder / "base" / "file").touch()
    Guise((), NOBODY).hand_over(folder)
    assert {path.stat().st_uid for path in (folder, *folder.rglob("*"))} == {NOBODY}
