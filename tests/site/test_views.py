"""What people must be able to see on a page, whatever else changes about it."""

from __future__ import annotations

import pytest
from tests.site.books import FakeSource, key
from tests.site.reading import read
from tests.site.valley import World

from majlis.errors import Missing
from majlis.institutions.state import Head, replace
from majlis.site import render_page
from majlis.site.library import Library
from majlis.site.views.sitting import seat_numbers


def page(source: FakeSource, path: str) -> str:
    return render_page(source, f"en/{path}").decode()


def words(source: FakeSource, path: str) -> str:
    return read(render_page(source, f"en/{path}")).words


def row(text: str, index: int) -> str:
    """The entry at this position in a record's page."""
    return text.partition(f'id="e{index}"')[2].partition("</li>")[0]


def test_in_force_void_waiting_incomplete_and_copied_entries_are_told_apart(source: FakeSource, world: World) -> None:
    text = page(source, "south/record-1.html")
    south = world.south
    assert "s-in-force" in row(text, 0)
    void = row(text, south.at(world.order))
    assert "s-void" in void and "R-WARRANT-1" in void and "No act without a warrant" in void
    assert "s-void" in row(text, world.junk) and "An entry that is no act" in row(text, world.junk)
    assert "s-copy" in row(text, world.junk + 1) and "judged as act" in row(text, world.junk + 1)
    assert "s-waiting" in row(text, south.at(world.waiting))
    assert "s-missing" in row(text, south.at(world.lacking))
    assert "kind that the rules do not know" in row(text, len(south.entries) - 1)


def test_the_border_of_a_void_entry_differs_from_one_in_force(source: FakeSource, world: World) -> None:
    text = page(source, "south/record-1.html")
    assert 'class="entry e-void" id="e' + str(world.south.at(world.order)) in text
    assert 'class="entry e-in-force" id="e0"' in text


def test_an_entry_that_is_no_act_is_not_printed(source: FakeSource, world: World) -> None:
    text = page(source, f"south/act-{world.junk}.html")
    assert "alert(1)" not in text
    assert "R-ACT-1" in text


def test_a_void_act_shows_rule_reason_and_the_verifiers_own_words(source: FakeSource, world: World) -> None:
    text = words(source, f"south/act-{world.south.at(world.order)}.html")
    assert "void" in text
    assert "R-WARRANT-1" in text
    assert "cites no decision of this body" in text
    assert "Chain of warrants" not in text


def test_a_decision_shows_its_chain_down_to_the_census(source: FakeSource, world: World) -> None:
    text = words(source, f"south/act-{world.south.at(world.by_hand)}.html")
    for step in ("A motion is tabled", "A meeting is called", "The roll is committed", "Count of inhabitants"):
        assert step in text
    assert "31 for, 4 against, 5 abstaining" in text
    assert "60 members" in text
    assert f"majlis trace . south {world.south.at(world.by_hand)}" in text


def test_a_chain_crosses_into_the_records_it_rests_on(source: FakeSource, world: World) -> None:
    text = page(source, f"assembly/act-{world.assembly.at(world.rollcall)}.html")
    assert f'href="../north/act-{world.north.at(world.result)}.html"' in text
    assert "by this certificate" not in text
    assert "with this vote" in text


def test_a_roll_call_shows_each_vote_beside_its_mandate(source: FakeSource, world: World) -> None:
    motion = next(iter(source.state(world.assembly.identity).motions.values()))
    text = words(source, f"assembly/motion-{motion.index}.html")
    assert "broke the mandate" in text
    assert "kept the mandate" in text
    assert "mandate: for" in text
    assert "not carried" in text


def test_a_roll_call_names_the_districts_of_which_nobody_had_heard() -> None:
    """R-ASSEMBLY-6: while it is open what is waited for, and afterwards whose votes counted all the same."""
    world = World()
    parts, north = world.assembly.parts, world.north.identity
    (decided,) = parts["decisions"]
    motion = parts["decisions"][decided].motion
    path = f"assembly/motion-{parts['motions'][motion].index}.html"
    assert "nothing new had been heard" not in words(world.source, path)
    parts["decisions"][decided] = replace(parts["decisions"][decided], silent=frozenset({north}))
    world.source.refresh()
    text = words(world.source, path)
    assert "Counted, though nothing new had been heard of these districts: Committee of North" in text
    assert "لم يكن قد سُمع جديد" in read(render_page(world.source, f"ar/{path}")).words
    del parts["decisions"][decided]
    parts["motions"][motion] = replace(parts["motions"][motion], closed=False)
    world.source.refresh()
    text = words(world.source, path)
    assert "Nothing new was heard of these districts lately: Committee of North" in text
    assert "or 4 days after the meeting was opened" in text
    tick = world.source.states[world.assembly.identity].ticks[-1]
    head = Head(size=9, root="ab" * 32, time=tick.time, index=1)
    parts["bodies"][north] = replace(parts["bodies"][north], head=head)
    world.source.refresh()
    assert "Nothing new was heard" not in words(world.source, path)


def test_a_seat_that_ended_as_its_body_left_is_not_called_lost() -> None:
    world = World()
    bodies = world.assembly.parts["bodies"]
    north = world.north.identity
    ended = next(seat for seat in bodies[north].held if seat.ended is not None)
    bodies[north] = replace(bodies[north], recalled=frozenset(), left=ended.ended)
    world.source.refresh()
    assert "ended: its body left the assembly" in words(world.source, f"assembly/delegate-{ended.key}.html")


def test_a_delegate_who_was_recalled_is_shown_so_with_every_vote(source: FakeSource, world: World) -> None:
    text = words(source, f"assembly/delegate-{world.candidates[0].key}.html")
    assert "recalled" in text
    assert "ended by recall" in text
    assert "broke the mandate" in text
    assert "Petition to recall a delegate" in text
    assert f"act {world.assembly.at(world.late)}" in text.partition("Acts without effect")[2]


def test_a_delegate_whose_key_died_is_not_called_recalled(world: World) -> None:
    """The phone was seized; nobody voted the delegate out."""
    other = World()
    bodies = other.assembly.parts["bodies"]
    body = next(body for body, member in bodies.items() if other.candidates[0].key in member.recalled)
    bodies[body] = replace(bodies[body], recalled=frozenset(), dead=bodies[body].recalled)
    other.source.refresh()
    text = words(other.source, f"assembly/delegate-{other.candidates[0].key}.html")
    assert "ended: the key was suspended or replaced" in text
    assert "ended by recall" not in text


def test_a_recall_that_nobody_delivered_stands_on_the_page_of_who_still_sits() -> None:
    """R-VERIFY-12, on the page: the record of those who sent the delegate is at hand too."""
    world = World()
    bodies = world.assembly.parts["bodies"]
    recalled = world.candidates[0].key
    body = next(body for body, member in bodies.items() if recalled in member.recalled)
    path = f"assembly/delegate-{recalled}.html"
    assert "anybody may" not in words(world.source, path)
    held = tuple(
        replace(seat, ended=None, ended_act="") if seat.key == recalled else seat for seat in bodies[body].held
    )
    bodies[body] = replace(bodies[body], recalled=frozenset(), held=held)
    world.assembly.parts["seated"] = {**world.assembly.parts["seated"], recalled: body}
    world.source.refresh()
    state = world.source.states[body]
    ticks = (*state.ticks, replace(state.ticks[-1], index=state.size, size=state.size))
    world.source.states[body] = replace(state, ticks=ticks)
    text = words(world.source, path)
    assert "recalled them with act" in text
    assert "Nobody has delivered its certificate here; anybody may." in text
    assert "ولأيٍّ كان أن يسلّمها" in read(render_page(world.source, f"ar/{path}")).words


def test_the_reserve_who_came_in_is_shown_so(source: FakeSource, world: World) -> None:
    text = words(source, f"assembly/delegate-{world.candidates[2].key}.html")
    assert "sits now" in text
    assert "came in as a reserve" in text
    assert "kept the mandate" in text


def test_seats_are_held_vacant_disputed_or_not_joined_yet(source: FakeSource, world: World) -> None:
    text = words(source, "assembly/seats-1.html")
    assert "held by a reserve" in text
    assert text.count("vacant") == 2
    assert "disputed: two claims, nobody sits" in text
    assert text.count("not joined yet") == 7
    assert seat_numbers(source.state(world.assembly.identity)) == (1, 4)
    assert "1 of 4 seats held" in text


def test_the_measures_are_those_of_the_adopted_districts(source: FakeSource) -> None:
    text = words(source, "assembly/seats-1.html")
    assert "Malapportionment 0%" in text
    assert "Largest to smallest 1 inhabitants" in text
    assert "Places of unknown population, in no district yet 1" in text


def test_a_plan_with_another_root_is_not_shown(world: World) -> None:
    other = World()
    other.assembly.parts["plan"] = replace(other.assembly.parts["plan"], root="00" * 32)
    other.source.refresh()
    assert "Districts" not in words(other.source, "assembly/index.html")
    with pytest.raises(Missing):
        render_page(other.source, "en/assembly/map-1.html")


def test_the_map_joins_the_wards_of_a_place_and_draws_who_is_near_whom(source: FakeSource) -> None:
    text = page(source, "assembly/map-1.html")
    assert text.count('class="bubble ') == 4
    assert "2 wards, provisional until neighbourhoods are counted" in text
    assert text.count("<path d=") == 3
    assert "3 places" in text


def test_an_election_shows_votes_places_lot_and_how_to_check_it(source: FakeSource, world: World) -> None:
    text = words(source, "north/election-8.html")
    assert text.index("Amal") < text.index("Nabil") < text.index("أمل")
    assert text.count("elected") == 2
    assert text.count("equal votes, by lot") == 2
    assert "public lot" in text
    assert "41 69.5%" in text
    assert "majlis box verify boxes/34VU8z246V7djs.bel" in text
    assert "valid" in text
    assert 'href="../../../boxes/34VU8z246V7djs.bel"' in page(source, "north/election-8.html")


def test_a_ballot_that_only_begins_shows_what_comes_next(source: FakeSource) -> None:
    text = words(source, "south/election-8.html")
    assert "announced" in text
    assert "Anonymous list of voters published next" in text
    assert "The ballot box is not at hand here." in text


def test_objections_that_the_members_settled_are_shown_so(world: World) -> None:
    other = World()
    elections = other.north.parts["elections"]
    act = next(iter(elections))
    elections[act] = replace(elections[act], objections=frozenset({"ab" * 32}), settled=True)
    other.source.refresh()
    text = words(other.source, "north/election-8.html")
    assert "1 objection, settled by the members" in text
    assert "abab" not in text


def test_a_petition_shows_numbers_and_nobody(source: FakeSource, world: World) -> None:
    text = words(source, "north/petition-13.html")
    assert "3 signed; 6 signatures are needed" in text
    assert "recalled by vote" in text
    assert "1" * 16 not in text


def test_a_motion_shows_wording_grants_and_what_is_used(source: FakeSource) -> None:
    text = words(source, "south/motion-3.html")
    assert "Buy flour for the camps." in text
    assert "An order to spend (Purpose: flour; Currency: SYP; at most 3,000 in all) 2,400 used" in text
    assert "carried, can be contested" in text
    assert "The wording is not at hand here." in words(source, "south/motion-7.html")


def test_a_title_is_taken_in_the_script_of_the_reader(source: FakeSource) -> None:
    assert "Buy flour for the camps." in words(source, "south/motions-1.html")
    arabic = read(render_page(source, "ar/south/motions-1.html")).words
    assert "شراء الطحين للمخيمات." in arabic
    assert "Buy flour" not in arabic


def test_the_home_of_a_body_says_who_what_and_how_many(source: FakeSource) -> None:
    text = words(source, "south/index.html")
    for said in ("census counter", "list keeper", "28,400", "Members on the roll 60", "SYP 4,000,000"):
        assert said in text
    assert "2 acts are not safe yet: they exist on one machine only." in text
    assert "Friends abroad" in text


def test_a_body_shows_who_sits_for_it_above(source: FakeSource) -> None:
    text = words(source, "north/index.html")
    assert "Assembly of the Valley" in text
    assert "Nabil" in text.partition("Sends delegates to")[2].partition("Decisions")[0]


def test_an_identity_is_shown_whole_in_words_digits_and_code(source: FakeSource, world: World) -> None:
    from majlis.institutions.words import arabic_word, format_words

    text = page(source, "assembly/index.html")
    for word in format_words(world.assembly.identity):
        assert f"<span>{word}</span>" in text
        assert arabic_word(word) in text
    assert world.assembly.identity in text
    assert 'class="qr"' in text


def test_beside_a_name_stand_two_words_and_never_a_whole_key(source: FakeSource) -> None:
    text = page(source, "south/index.html")
    assert key("clerk") not in text
    assert 'class="words"' in text


def test_what_a_page_points_to_one_by_one_has_a_page_of_its_own(source: FakeSource, world: World) -> None:
    chosen = Library(source, every_act=False).chosen
    assert {world.south.at(world.order), world.junk, world.south.at(world.by_hand)} <= chosen[world.south.identity]
    assert world.north.at(world.result) in chosen[world.north.identity]
    assert world.south.at(world.waiting) not in chosen[world.south.identity]


@pytest.mark.parametrize(
    "path",
    [
        "en/nowhere.html",
        "en/north/motion-1.html",
        "en/north/election-1.html",
        "en/north/petition-1.html",
        "en/north/seats-1.html",
        "en/north/map-1.html",
        "en/assembly/seats-9.html",
        "en/assembly/map-9.html",
        "en/assembly/motions-9.html",
        "en/north/elections-9.html",
        "en/north/petitions-9.html",
        "en/assembly/motion-4-9.html",
        "en/bodies-9.html",
        f"en/assembly/delegate-{'00' * 32}.html",
        "xx/index.html",
        "en",
        "",
    ],
)
def test_what_is_not_there_is_missing_and_no_crash(source: FakeSource, path: str) -> None:
    with pytest.raises(Missing):
        render_page(source, path)


def test_a_record_that_is_not_at_hand_is_listed_without_a_home(world: World) -> None:
    class Without(FakeSource):
        def state(self, identity: str):  # type: ignore[no-untyped-def]
            if identity == world.friends.identity:
                raise Missing("not at hand")
            return super().state(identity)

    source = Without(world.source.books, world.plan)
    assert "Friends abroad" in read(render_page(source, "en/index.html")).words
    with pytest.raises(Missing):
        render_page(source, "en/friends/index.html")


def test_charter_keys_whose_term_is_over_are_said_to_be() -> None:
    """R-KEY-9."""
    world = World()
    state = world.source.states[world.north.identity]
    assert state.founding is not None
    path = "north/index.html"
    assert "keep the body alive" not in words(world.source, path)
    late = replace(state.ticks[-1], time=state.ticks[-1].time + 1100 * 86_400)
    since = state.founding.charter_since.set(next(iter(state.founding.charter_keys)), state.size - 1)
    for founding, said in (
        (state.founding, f"The terms of {len(state.founding.charter_keys)} are over"),
        (replace(state.founding, charter_since=since), f"{len(state.founding.charter_keys) - 1}"),
    ):
        world.source.states[world.north.identity] = replace(state, ticks=(*state.ticks, late), founding=founding)
        assert said in words(world.source, path)
        assert "keep" in words(world.source, path).partition("held by people with no other office")[2][:140]
