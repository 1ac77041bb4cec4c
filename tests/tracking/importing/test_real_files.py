"""The real files, whole; how fast is printed (``pytest -s``), not asserted: machines differ."""

import collections
import csv
import datetime
import gzip
import io
import re
import time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, Sum

from tests.real_data import real_file
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.models import DailyTotal, Event

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="Large files need PostgreSQL"),
]


def lines_of(name):
    with gzip.open(real_file(name), "rt", encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def crm_import(kind, name, mapping, *arguments):
    """Counts by fate, refusals by reason."""
    out, path = io.StringIO(), real_file(name)
    started = time.monotonic()
    call_command(
        "crm_import", kind, str(path), "--mapping", mapping, *arguments, stdout=out, verbosity=0
    )
    seconds = time.monotonic() - started
    said = out.getvalue()
    lines = int(re.match(r"[\d,]+", said)[0].replace(",", ""))
    print(f"\n{name}: {lines / seconds:,.0f} lines/s")  # noqa: T201
    counts = re.findall(r"^ +([\d,]+)  (.*?)(?: \(line .*)?$", said, re.MULTILINE)
    return {label: int(count.replace(",", "")) for count, label in counts if count != "0"}


def state():
    """Everything an import writes, small enough to compare."""
    return (
        set(Member.objects.values_list("pk", "code", "updated_at")),
        set(Event.objects.values_list("pk", flat=True)),
        DailyTotal.objects.aggregate(Count("pk"), Sum("count"), Sum("value")),
    )


def test_jp_customers_become_members():
    name, mapping = "jp_customers/customer.csv.gz", "example/mappings/jp_customers.yaml"
    customers = lines_of(name)

    first = crm_import("members", name, mapping, "--create-attributes")
    before = state()
    second = crm_import("members", name, mapping, "--create-attributes")

    assert (first, second) == ({"new": 21_971}, {"same as before": 21_971})
    assert state() == before
    found = {member.code: member for member in Member.objects.all()}
    assert set(found) == {customer["customer_id"] for customer in customers}
    for customer in customers[::500]:
        member = found[customer["customer_id"]]
        assert member.full_name == customer["customer_name"]
        assert member.attributes["birthday"] == customer["birth_day"]
        assert customer["address"].startswith(member.attributes["prefecture"])
        joined = member.created_at.astimezone(ZoneInfo("Asia/Tokyo"))
        assert joined == datetime.datetime.strptime(customer["application_date"], "%Y%m%d").replace(
            tzinfo=ZoneInfo("Asia/Tokyo")
        )
    prefectures = collections.Counter(each.attributes["prefecture"] for each in found.values())
    assert prefectures == {"東京都": 11_928, "神奈川県": 7_642, "千葉県": 2_346, "埼玉県": 55}
    genders = collections.Counter(each.attributes.get("gender") for each in found.values())
    assert genders == {"女性": 17_918, "男性": 2_981, None: 1_072}


def test_online_retail_becomes_purchases():
    name, mapping = (
        "online_retail/online_retail_2010-12_2011-03.csv.gz",
        ("example/mappings/online_retail.yaml"),
    )
    orders = lines_of(name)
    kept = [order for order in orders if not order["InvoiceNo"].startswith("C")]
    bought = [order for order in kept if order["CustomerID"] and int(order["Quantity"]) > 0]

    first = crm_import("orders", name, mapping)
    before = state()
    second = crm_import("orders", name, mapping)

    refused = {
        "refused": len(orders) - len(bought),
        "No customer": len(kept) - len(bought),
        "Cancelled order": len(orders) - len(kept),
    }
    assert first == {"new": len(bought), **refused}
    assert second == {"same as before": len(bought), **refused}
    assert state() == before
    value = sum(int(order["Quantity"]) * Decimal(order["UnitPrice"]) for order in bought)
    assert Event.objects.aggregate(Sum("value"))["value__sum"] == value
    totals = DailyTotal.objects.aggregate(Sum("count"), Sum("value"))
    assert totals == {"count__sum": len(bought), "value__sum": value}
    per_code = collections.Counter(order["CustomerID"].removesuffix(".0") for order in bought)
    counted = Event.objects.values_list("member__code").annotate(Count("pk"))
    assert dict(counted) == dict(per_code)
    first_line = Event.objects.filter(data__order="536365", subject="sku:85123A").get()
    assert first_line.at == datetime.datetime(2010, 12, 1, 8, 26, tzinfo=datetime.UTC)
    assert first_line.data == {
        "order": "536365",
        "name": "WHITE HANGING HEART T-LIGHT HOLDER",
        "quantity": 6,
        "country": "United Kingdom",
        "currency": "GBP",
        "import": "online_retail",
    }


def test_clickstream_shop_becomes_views_carts_and_purchases():
    name, mapping = "clickstream_shop/ecom.csv.gz", "example/mappings/clickstream_shop.yaml"
    events = collections.Counter(line["event"] for line in lines_of(name))
    left_out = [
        "filter_results",
        "compare",
        "wishlist_add",
        "error_page",
        "payment_error",
        "checkout_bug",
    ]
    skipped = sum(events[name] for name in left_out)

    first = crm_import("events", name, mapping)
    before = state()
    second = crm_import("events", name, mapping)

    kept = events.total() - skipped
    assert first == {"new": kept, "left out by the mapping": skipped}
    assert second == {"same as before": kept, "left out by the mapping": skipped}
    assert state() == before
    carts, purchases = events["add_to_cart"], events["purchase"]
    assert dict(Event.objects.values_list("kind").annotate(Count("pk")).order_by()) == {
        "page_view": kept - carts - purchases,
        "cart_add": carts,
        "purchase": purchases,
    }
    assert Member.objects.count() == 600


def test_contacts_with_repeated_addresses_are_reported():
    with real_file("contacts/prospects.csv").open(encoding="utf-8", newline="") as stream:
        people = list(csv.DictReader(stream))
    words = "code=ProspectAlternateKey,email=EmailAddress,family_name=LastName"

    counts = crm_import("members", "contacts/prospects.csv", words)

    no_address = sum("." not in person["EmailAddress"].partition("@")[2] for person in people)
    codes, owners = set(), {}
    for person in people:
        code, email = person["ProspectAlternateKey"], person["EmailAddress"].lower()
        if "." in email.partition("@")[2] and owners.setdefault(email, code) == code:
            codes.add(code)
    assert set(Member.objects.values_list("code", flat=True)) == codes
    assert counts["new"] == len(codes)
    assert counts["Not an e-mail address"] == no_address
    assert counts["refused"] == (
        no_address + counts["Somebody else in the list has this e-mail address"]
    )
