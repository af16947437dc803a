"""A key that is lost is replaced by command, with the recovery key from paper (R-KEY-6)."""

from __future__ import annotations

import pytest
from tests.cli.village import HERE, Village

pytestmark = pytest.mark.xdist_group("village")


def newcomer(village: Village, name: str) -> tuple[str, str]:
    """Somebody makes a key: its digits, and its recovery key as it is put on paper."""
    made = village.run(HERE, "key", "new", name, "--json").json
    village.run(HERE, "key", "export", name, "--for", "hilltop", "--out", f"stick/{name}.card")
    paper = village.stick / f"{name}.paper"
    paper.write_text(" ".join(made["recovery"][at : at + 8].upper() for at in range(0, 64, 8)) + "\n")
    return made["key"], f"stick/{name}.paper"


def test_a_lost_key_is_replaced_with_the_paper_alone(founded: Village) -> None:
    old, paper = newcomer(founded, "zeina")
    founded.run(HERE, "key", "enrol", "hilltop", "stick/zeina.card", "--as", "rima", "--with", "zeina")
    new, other = newcomer(founded, "zeina2")
    (founded.root / HERE / "keyrings" / "zeina.json").unlink()
    replace = ("key", "replace", "hilltop", old[:10], "--as", "zeina2", "--json")
    wrong = founded.try_(HERE, *replace, "--paper", other)
    assert wrong.code == 1
    assert "R-KEY-6" in wrong.err
    done = founded.run(HERE, *replace, "--paper", paper)
    assert done.json["status"] == "in-force"
    again = founded.try_(HERE, *replace, "--paper", paper)
    assert "R-KEY-6" in again.err
    said = founded.run(HERE, "act", "show", "hilltop", str(done.json["index"])).out
    assert "puts a new key in the place of an old one, by the recovery key" in said
    assert new[:8] in said


def test_a_founder_s_key_is_not_replaced_with_another_paper(founded: Village) -> None:
    clerk = founded.run(HERE, "key", "show", "amal", "--json").json["public"]
    newcomer(founded, "amal2")
    words = ("key", "replace", "hilltop", clerk, "--as", "amal2", "--paper", "stick/amal2.paper")
    assert "R-KEY-6" in founded.try_(HERE, *words).err


@pytest.mark.parametrize(
    ("old", "paper", "code", "said"),
    [
        ("0" * 12, "ab" * 32, 3, "begins so"),
        ("", "ab" * 32, 3, "begins so"),
        (None, "no digits", 2, "64 digits"),
        (None, "ab" * 31, 2, "64 digits"),
    ],
)
def test_what_is_not_on_paper_or_not_enrolled_is_said(
    founded: Village, old: str | None, paper: str, code: int, said: str
) -> None:
    clerk = founded.run(HERE, "key", "show", "amal", "--json").json["public"]
    (founded.stick / "paper").write_text(paper)
    key = clerk if old is None else old
    outcome = founded.try_(HERE, "key", "replace", "hilltop", key, "--as", "rima", "--paper", "stick/paper")
    assert (outcome.code, said in outcome.err) == (code, True)


def test_without_a_terminal_the_paper_is_a_file(founded: Village) -> None:
    clerk = founded.run(HERE, "key", "show", "amal", "--json").json["public"]
    outcome = founded.try_(HERE, "key", "replace", "hilltop", clerk, "--as", "rima")
    assert outcome.code == 2
    assert "--paper" in outcome.err


def test_of_several_new_keys_none_is_guessed(founded: Village) -> None:
    clerk = founded.run(HERE, "key", "show", "amal", "--json").json["public"]
    founded.run(HERE, "key", "new", "second", "--as", "rima")
    (founded.stick / "paper").write_text("ab" * 32)
    outcome = founded.try_(HERE, "key", "replace", "hilltop", clerk, "--as", "rima", "--paper", "stick/paper")
    assert outcome.code == 2
    assert "2 keys" in outcome.err
