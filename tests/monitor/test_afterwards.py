"""What comes after an answer, through the real line: what the message says and offers, who is paged, who says what."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk import CUSTOMER, DESK, NOON, post
from slack_double import SlackDouble
from test_clicks import PEOPLE, Office

from monitor.afterwards import refusal
from monitor.review import rebuild
from monitor.store import cases, pages, posts
from rules.model import Severity, Status
from rules.recovery import Duty, Owed

LOOKING = "We are looking into it and will get back to you by 3pm."


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with SlackDouble(people=dict(PEOPLE), channels=("care", "bosses", "harken-ops")) as local:
        local.groups["S0CARE"] = {"U0KIM"}
        made = Office(tmp_path, local)
        yield made
        made.sockets.close()
        made.desk.store.close()
        local.check()


def shown(office: Office) -> str:
    """The case's message as it stands."""
    return repr(next(iter(office.local.named("care").messages.values())).blocks)


def told(office: Office) -> list[str]:
    """Why every page so far was sent, in order."""
    with office.desk.store.read() as db:
        return [page.why for page in pages.of_case(db, office.desk.case().id) if page.outcome == "sent"]


def answered(office: Office, text: str) -> None:
    office.case()
    office.desk.at(5)
    office.desk.hear(post("2", 5, text, by=DESK, to="1"))
    office.desk.at(6)


def test_a_promise_is_read_in_the_brands_zone_shown_and_warned_of_and_paged(office: Office) -> None:
    answered(office, LOOKING)
    row = office.desk.case()
    assert (row.status, row.owed) == (Status.RESTING, "update")
    assert row.owed_due == NOON.replace(hour=14)  # 15:00 in Berlin
    assert "We owe an update" in shown(office)
    assert "by 3pm" in shown(office)
    office.desk.at(90)
    assert told(office)[-1] == 'the update that was promised ("by 3pm") is due in 30 min'
    office.desk.at(120)
    assert told(office)[-1].endswith("is due now, and the customer has heard nothing")


def test_the_update_on_the_network_itself_settles_it(office: Office) -> None:
    answered(office, LOOKING)
    office.desk.at(60)
    office.desk.hear(post("3", 60, "It is mended, sorry again.", by=DESK, to="1"))
    office.desk.at(61)
    assert (office.desk.case().owed, office.desk.case().owed_due) == ("", None)
    before = told(office)
    office.desk.at(180)
    assert told(office) == before
    assert "We owe an update" not in shown(office)


def test_who_has_to_ask_first_waits_for_an_answer_again_and_worse(office: Office) -> None:
    answered(office, LOOKING)
    before = office.desk.case().severity
    office.desk.at(40)
    office.desk.hear(post("3", 40, "@sample any news?", to="2"))
    office.desk.at(41)
    row = office.desk.case()
    assert (row.status, row.owed) == (Status.WAITING, "")
    assert row.severity >= before
    assert "asked again" in shown(office)


def test_a_promise_is_corrected_with_a_tap(office: Office) -> None:
    answered(office, LOOKING)
    office.click("promise", "4h")
    office.desk.at(7)
    assert office.desk.case().owed_due == NOON.replace(hour=16, minute=6)
    office.click("promise", "none")
    office.desk.at(8)
    assert office.desk.case().owed_due == NOON.replace(hour=20, minute=5)


def test_an_update_can_be_taken_and_given_back(office: Office) -> None:
    answered(office, LOOKING)
    office.desk.at(121)
    office.click("take")
    office.desk.at(122)
    assert "sam has it" in shown(office)
    office.click("back")
    office.desk.at(123)
    assert "sam has it" not in shown(office)


def test_what_was_taken_elsewhere_is_asked_about_and_said(office: Office) -> None:
    answered(office, "Sorry to hear that! Please send us a DM with your order number.")
    assert office.desk.case().owed == "private"
    assert "Taken elsewhere" in shown(office)
    office.desk.at(2 * 24 * 60 + 5)
    assert told(office)[-1] == "it was taken elsewhere 2 d ago: how did it end?"
    office.click("open")
    office.desk.at(2 * 24 * 60 + 6)
    assert office.desk.case().owed == "update"


def test_resolved_is_said_with_whether_the_customer_was_asked_and_followed_up(office: Office) -> None:
    answered(office, "Here is your refund, sorry for the trouble.")
    office.desk.hear(post("3", 10, "@sample thank you so much!", to="2"))
    office.desk.at(11)
    assert "The customer thanked us" in shown(office)
    office.click("resolve", "confirmed")
    office.desk.at(12)
    with office.desk.store.read() as db:
        (act,) = posts.acts(db, ("x", "t"))[CUSTOMER]
    assert (act.act, act.by, act.to) == ("resolve", "sam", "confirmed")
    assert (office.desk.case().status, office.desk.case().owed) == (Status.CLOSED, "follow-up")
    office.desk.at(3 * 24 * 60 + 12)
    assert told(office)[-1] == "it was resolved 3 d ago: ask the customer whether it is right by now"
    office.click("followed")
    office.desk.at(3 * 24 * 60 + 13)
    assert office.desk.case().owed == ""


def test_a_control_that_fits_no_more_changes_nothing_and_says_how_it_stands(office: Office) -> None:
    answered(office, "Here is your refund, sorry for the trouble.")
    for control in ("open", "no_contact", "followed", "skip"):
        office.click(control)
        assert "nothing like that" in office.told()
    office.desk.hear(post("3", 10, "@sample still broken, this is terrible", to="2"))
    office.desk.at(11)
    office.click("promise", "4h")
    assert "waits for an answer" in office.told()
    assert office.acts() == []


def test_what_was_done_is_said_in_words_as_well(office: Office) -> None:
    answered(office, LOOKING)
    case = office.desk.case().id
    assert "Noted for case" in office.says(f"promise {case} 2h")
    assert "90m, 2h or 3d" in office.says(f"promise {case} soon")
    office.desk.at(7)
    assert "Noted for case" in office.says(f"gesture {case} a voucher of 20 EUR")
    assert "Noted for case" in office.says(f"resolved {case} sent a new one")
    office.desk.at(8)
    assert "Noted for case" in office.says(f"skip {case} they moved away")
    assert "zzz" in office.says("resolved zzz")
    assert [(act.act, act.note) for act in office.acts()] == [
        ("promise", ""),
        ("gesture", "a voucher of 20 EUR"),
        ("resolve", "sent a new one"),
        ("skip", "they moved away"),
    ]
    assert "only people whom Harken knows" in office.says(f"gesture {case} a car", by="U0GUEST")
    assert len(office.acts()) == 4


def test_the_same_words_again_are_asking_again(office: Office) -> None:
    office.case()
    office.desk.at(30)
    office.desk.hear(post("2", 30))
    office.desk.at(31)
    assert "asked again" in shown(office)


def test_the_same_words_twice_at_once_are_a_slip(office: Office) -> None:
    office.case()
    office.desk.hear(post("2", 1))
    office.desk.at(2)
    assert "asked again" not in shown(office)


def test_what_is_owed_is_rebuilt_from_the_facts(office: Office) -> None:

    answered(office, LOOKING)
    before = office.desk.case()
    with office.desk.store.write("spoil") as db:
        cases.put(db, replace(before, owed="", owed_due=None, next_due=None, derived=""))
    rebuild(office.desk.store, office.desk.clock(), office.desk.line.setup)
    assert replace(office.desk.case(), revision=before.revision) == before


@pytest.mark.parametrize(
    ("act", "status", "owed", "refused"),
    [
        ("gesture", Status.WAITING, None, False),
        ("resolve", Status.WAITING, None, False),
        ("resolve", Status.CLOSED, None, True),
        ("promise", Status.WAITING, None, True),
        ("promise", Status.RESTING, None, False),
        ("promise", Status.DISMISSED, None, True),
        ("open", Status.RESTING, Owed.PRIVATE, False),
        ("open", Status.RESTING, Owed.UPDATE, True),
        ("skip", Status.CLOSED, Owed.FOLLOW_UP, False),
        ("take", Status.RESTING, Owed.UPDATE, False),
        ("take", Status.RESTING, None, True),
    ],
)
def test_what_can_be_said_depends_on_how_the_case_stands(
    act: str, status: Status, owed: Owed | None, refused: bool
) -> None:

    duty = None if owed is None else Duty(owed, "2", DESK, NOON, NOON, Severity.NORMAL)
    assert (refusal(act, status, duty) is not None) is refused
