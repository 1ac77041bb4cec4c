import pytest
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

from tests.members.factories import make_member, make_registered_member
from wagtail_crm.members import actions, personal_data
from wagtail_crm.members.models import AttributeDefinition, ConsentRecord, Member
from wagtail_crm.members.personal_data import PersonalData, export_member, undeclared


def test_every_table_of_the_site_that_points_at_people_is_declared():
    assert [problem for problem in run_checks() if problem.id == "wagtail_crm.E010"] == []


@pytest.mark.parametrize("relation", [models.ForeignKey, models.OneToOneField])
@isolate_apps("wagtail_crm.members")
def test_a_table_that_declares_nothing_is_an_error(relation):
    meta = type("Meta", (), {"app_label": "wagtail_crm_members"})
    member = relation(Member, on_delete=models.CASCADE)
    fields = {"member": member, "Meta": meta, "__module__": __name__}
    diary = type("Diary", (models.Model,), fields)
    [problem] = undeclared([diary, ConsentRecord])
    assert (problem.id, problem.obj) == ("wagtail_crm.E010", diary)
    assert "register_crm_personal_data" in problem.hint


def test_a_table_without_people_need_not_declare_anything():
    assert undeclared([AttributeDefinition]) == []


@pytest.mark.django_db
def test_export_names_every_declared_table():
    member = make_member()
    assert set(export_member(member)) == set(personal_data.personal_data)


@pytest.mark.django_db
def test_export_has_the_rows_of_this_person_only():
    member, other = make_member(), make_member()
    for person in (member, other):
        actions.record_consent(member=person, purpose="email", granted=True, source="test")
    [row] = export_member(member)["wagtail_crm_members.consentrecord"]
    assert (row["purpose"], row["granted"]) == ("email", True)


@pytest.mark.django_db
def test_erasing_treats_every_table_as_declared():
    member = make_registered_member(
        "yoko@example.jp",
        family_name="田中",
        code="C1",
        language="ja",
        time_zone="Asia/Tokyo",
        attributes={"a": 1},
    )
    other = make_member(email="other@example.jp")
    for person in (member, other):
        actions.tag_members(members=[person], add=["VIP"])
        actions.record_consent(member=person, purpose="email", granted=True, source="test")
    actions.withdraw_member(member=member, erase=True)
    [row] = export_member(member)["wagtail_crm_members.member"]
    left = {name: value for name, value in row.items() if value not in ("", None, {})}
    assert set(left) == {"uuid", "status", "created_at", "registered_at", "withdrawn_at"}
    assert Member.objects.get(pk=member.pk).tag_names == []
    assert ConsentRecord.objects.filter(member=member).count() == 2
    assert Member.objects.get(pk=other.pk).tag_names == ["VIP"]


@pytest.mark.django_db
def test_each_way_of_erasing():
    member = make_member()
    actions.record_consent(member=member, purpose="email", granted=True, source="test")

    def rows():
        return ConsentRecord.objects.filter(member=member)

    def declared(erase):
        return PersonalData(ConsentRecord, exported=("source",), erase=erase, retention="")

    declared("keep").erase_rows_of(member)
    assert rows().count() == 1
    declared(lambda found: found.update(source="")).erase_rows_of(member)
    assert rows().get().source == ""
    declared("delete").erase_rows_of(member)
    assert rows().count() == 0
