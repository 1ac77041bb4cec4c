import datetime

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from wagtail_crm.segments.audience import Audience, Decision, Reason, Viewer, bucket
from wagtail_crm.segments.audience_words import explain, summary

NOON = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
NAMES = {1: "Gold", 2: "Bakers", 3: "Staff"}


def viewer(*segments, **fields):
    return Viewer(segments=frozenset(segments), now=NOON, **fields)


@pytest.mark.parametrize(
    ("audience", "who", "expected"),
    [
        (Audience(), viewer(), Decision(True, Reason.EVERYBODY)),
        (Audience(frozenset({1, 2})), viewer(2), Decision(True, Reason.IN_SEGMENT, frozenset({2}))),
        (
            Audience(frozenset({1, 2})),
            viewer(3),
            Decision(False, Reason.NOT_IN_SEGMENT, frozenset({1, 2})),
        ),
        (
            Audience(frozenset({1, 2}), need_all=True),
            viewer(2),
            Decision(False, Reason.NOT_IN_SEGMENT, frozenset({1})),
        ),
        (
            Audience(frozenset({1, 2}), need_all=True),
            viewer(1, 2),
            Decision(True, Reason.IN_SEGMENT, frozenset({1, 2})),
        ),
        (
            Audience(frozenset({1}), excluded=frozenset({3})),
            viewer(1, 3),
            Decision(False, Reason.EXCLUDED, frozenset({3})),
        ),
        (Audience(excluded=frozenset({3})), viewer(), Decision(True, Reason.EVERYBODY)),
        (Audience(starts=NOON), viewer(), Decision(True, Reason.EVERYBODY)),
        (Audience(starts=NOON + HOUR), viewer(), Decision(False, Reason.TOO_EARLY)),
        (Audience(ends=NOON), viewer(), Decision(False, Reason.TOO_LATE)),
        (
            Audience(devices=frozenset({"phone"})),
            viewer(device="phone"),
            Decision(True, Reason.EVERYBODY),
        ),
        (Audience(devices=frozenset({"phone"})), viewer(), Decision(False, Reason.OTHER_DEVICE)),
        (Audience(share=99), viewer(), Decision(False, Reason.OUTSIDE_SHARE)),
    ],
)
def test_decide(audience, who, expected):
    assert audience.decide(who) == expected


def test_is_everybody():
    assert Audience(seed="banner").is_everybody
    assert not Audience(share=99).is_everybody


@given(st.text(), st.text())
def test_a_bucket_is_stable_and_below_a_hundred(seed, key):
    assert 0 <= bucket(seed, key) == bucket(seed, key) < 100


def test_a_share_is_about_that_many_and_grows_by_adding():
    def inside(share, seed="a"):
        audience = Audience(share=share, seed=seed)
        return {key for key in range(2000) if audience.decide(viewer(key=str(key))).shown}

    assert 150 < len(inside(10)) < 250
    assert inside(10) < inside(50)
    assert inside(10) != inside(10, seed="b")


def test_summary_says_who_sees_it():
    audience = Audience(
        segments=frozenset({1, 2}),
        excluded=frozenset({3}),
        starts=timezone.make_aware(datetime.datetime(2026, 5, 1, 9, 0)),
        devices=frozenset({"phone"}),
        share=50,
    )
    with translation.override("en"):
        assert summary(Audience(), {}) == "Everybody"
        assert summary(audience, NAMES) == (
            "Bakers or Gold · not Staff · from 05/01/2026 9 a.m. · phone · 50% of them"
        )
        both = Audience(frozenset({1, 2}), need_all=True)
        assert summary(both, NAMES) == "Bakers and Gold"
        assert summary(Audience(frozenset({9})), NAMES) == "a segment that no longer exists"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_decision_can_be_explained(reason):
    with translation.override("en"):
        shown = explain(Decision(True, reason, frozenset({1})), NAMES)
        hidden = explain(Decision(False, reason, frozenset({1})), NAMES)
    assert (shown[:7], hidden[:8]) == ("Shown: ", "Hidden: ")
    assert "%" not in shown


def test_explain_names_the_segments():
    with translation.override("en"):
        assert explain(Decision(True, Reason.IN_SEGMENT, frozenset({1})), NAMES) == "Shown: in Gold"
        assert explain(Decision(False, Reason.NOT_IN_SEGMENT, frozenset({1, 2})), NAMES) == (
            "Hidden: not in Bakers or Gold"
        )
