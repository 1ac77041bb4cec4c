"""Who bought which product: from the site's own list, or by its code."""

from decimal import Decimal

import pytest
from django.utils import translation
from wagtail import hooks

from tests.members.factories import make_member
from tests.segments.factories import make_segment, members_of, purchase, record
from wagtail_crm.segments.rules.purchase_blocks import ProductInput, PurchaseRuleBlock
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.products import (
    Catalogue,
    Category,
    Product,
    catalogues,
    forget_products,
    item_of,
)

pytestmark = pytest.mark.django_db

FLOUR, TOOLS = Category("1", "Flour"), Category("2", "Tools")


@pytest.fixture
def sold():
    """What the site sells; change it and call :func:`forget_products`."""
    products = [Product("P1", "Rye", (FLOUR,)), Product("P2", "Bowl", (TOOLS,))]
    with hooks.register_temporarily(
        "register_crm_products", lambda: [Catalogue("tests", lambda: products)]
    ):
        catalogues.clear()
        forget_products()
        yield products
    catalogues.clear()
    forget_products()


def bought(what="anything", **value):
    kind, stored = purchase(**{k: value.pop(k) for k in ("amount", "measure") if k in value})
    return kind, stored | {"what": what, **value}


def order(member, *codes, value=100, page=None):
    """An order as a shop records it: what it came to, and each product beside it."""
    whole = NewEvent(
        "purchase", member_id=member.pk, subject="order:1", value=Decimal(value * len(codes))
    )
    pages = {"page_id": page.pk} if page else {}
    items = [item_of(whole, code, value=value, **pages) for code in codes]
    record_events(events=[whole, *items])
    return whole


@pytest.mark.usefixtures("committing")
def test_a_product_is_found_in_orders_and_in_imported_lines(sold):
    anything = make_segment(bought(amount=2))
    rye = make_segment(bought("product", product="P1"))
    whatever = make_segment(bought("anything", product="P1"))
    ordered, imported, other = make_member(), make_member(), make_member()

    order(ordered, "P1", "P2")
    record(imported, "purchase", subject="sku:P1")
    order(other, "P2")

    assert members_of(rye) == {ordered.pk, imported.pk}
    assert members_of(whatever) == {ordered.pk, imported.pk, other.pk}
    assert members_of(anything) == set()


@pytest.mark.usefixtures("committing")
def test_a_category_is_what_is_in_it_now(sold):
    flour = make_segment(bought("category", category="1"))
    member = make_member()
    order(member, "P3")
    assert members_of(flour) == set()

    sold.append(Product("P3", "Wheat", (FLOUR, TOOLS)))
    forget_products()
    order(member, "P2")

    assert members_of(flour) == {member.pk}
    assert {event.subject for event in Event.objects.filter(kind="purchase_item")} == {
        "sku:P2",
        "sku:P3",
    }


@pytest.mark.usefixtures("committing")
def test_products_that_are_pages_are_found_by_the_tree(shop):
    _shop, baking, bread = shop
    kind, value = bought("anything", measure="value", amount="150")
    segment = make_segment((kind, value | {"pages": [baking.pk]}))
    member = make_member()

    order(member, "P1", page=bread)
    assert members_of(segment) == set()
    order(member, "P2", page=bread)

    assert members_of(segment) == {member.pk}


def test_an_item_is_the_same_when_it_is_made_again(sold):
    member = make_member()
    whole = order(member, "P1")
    record_events(events=[item_of(whole, "P1", value=100)])
    assert Event.objects.filter(kind="purchase_item").count() == 1


THAT_TIME = {"comparison": "nth", "window": "last", "days": 7}
SENTENCES = [
    (("product", {"product": "P1"}), "who bought “Rye”", "「Rye」を購入している"),
    (("product", {"product": "X9"}), "who bought “X9”", "「X9」を購入している"),
    (
        ("category", {"category": "1", "comparison": "never"}),
        "who did not buy something from “Flour”",
        "カテゴリー「Flour」の商品を購入していない",
    ),
    (
        ("product", {"product": "P1", "amount": 3, **THAT_TIME}),
        "who bought “Rye” for the 3rd time in the last 7 days",
        "「Rye」を通算3回目は過去7日間に購入している",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "english", "japanese"), SENTENCES)
def test_sentences(sold, rule, english, japanese):
    segment = make_segment(bought(rule[0], **rule[1]), publish=False)
    with translation.override("en"):
        assert segment.rule.sentence() == english
    with translation.override("ja"):
        assert segment.rule.sentence() == japanese


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (4, "4th"), (10, "10th"), (12, "12th"), (21, "21st")],
)
def test_ordinal_numbers(sold, number, words):
    with translation.override("en"):
        sentence = make_segment(bought(amount=number, **THAT_TIME), publish=False).rule.sentence()
    assert sentence == f"who bought something for the {words} time in the last 7 days"


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (("product", {"product": ""}), "product"),
        (("category", {"category": ""}), "category"),
        (("anything", {"comparison": "nth", "amount": 0, "window": "last", "days": 7}), "amount"),
        (("anything", {"comparison": "nth", "amount": 2, "window": "ever"}), "window"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(sold, value, field):
    block = PurchaseRuleBlock()
    with pytest.raises(Exception) as error:  # block errors share no public base
        block.clean(block.to_python(bought(value[0], **value[1])[1]))
    assert set(error.value.block_errors) == {field}


def test_nobody_matches_a_category_that_is_gone(sold):
    segment = make_segment(bought("category", category="9", comparison="never"), publish=False)
    with translation.override("en"):
        assert segment.rule.problems() == [
            "No category is chosen, or no product is in it any more."
        ]


def test_products_are_chosen_by_name_and_typed_where_the_site_names_none(sold):
    html = ProductInput().render("product", "P2")
    assert '<option value="P2" selected>Bowl (P2)</option>' in html
    assert '<optgroup label="Flour">' in html

    sold.clear()
    forget_products()
    assert ProductInput().render("product", "P2") == (
        '<input type="text" name="product" value="P2">'
    )


def test_the_list_is_asked_once_for_many_rules(sold, django_assert_num_queries):
    make_segment(bought("category", category="1"), publish=False)
    with django_assert_num_queries(0):
        block = PurchaseRuleBlock()
        values = [bought("category", category="1")[1] for _number in range(3)]
        rules = [block.rule(value) for value in block.bulk_to_python(values)]
    assert len(set(rules)) == 1
