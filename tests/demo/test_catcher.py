"""The mail catcher: keeps every mail, shows it, and lets none of it do harm."""

import smtplib
import sys
import urllib.error
import urllib.request
from email.message import EmailMessage

import pytest

from example.demo.catcher.mailbox import Mailbox
from example.demo.processes import Process, free_port
from example.demo.site import answers
from tests.services import ROOT


def mail(**headers):
    message = EmailMessage()
    message["Subject"], message["From"] = "秋のおたより", "Hidamari <hello@hidamari.example>"
    message["To"] = "yoko@example.jp"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("こんにちは\nhttp://localhost:8000/text\n")
    message.add_alternative(
        '<p>こんにちは <a href="http://localhost:8000/kit">kit</a>'
        '<a href="javascript:alert(1)">no</a><a href="http://localhost:8000/kit">again</a>',
        subtype="html",
    )
    return message


def keep(folder, message, recipient="yoko@example.jp"):
    return Mailbox(folder).add(message.as_bytes(), recipient)


def test_a_mail_is_kept_and_read_again(tmp_path):
    kept = keep(tmp_path, mail())

    (found,) = Mailbox(tmp_path).newest()
    assert found.id == kept.id
    assert (found.subject, found.recipient) == ("秋のおたより", "yoko@example.jp")
    assert found.text == "こんにちは\nhttp://localhost:8000/text\n"
    assert found.html.startswith("<p>こんにちは")


def test_links_are_those_that_a_person_can_follow_once_each(tmp_path):
    assert keep(tmp_path, mail()).links == [
        "http://localhost:8000/kit",
        "http://localhost:8000/text",
    ]


def test_one_click_needs_both_headers(tmp_path):
    address = "<mailto:off@example.com>, <http://localhost:8000/off>"
    both = mail(List_Unsubscribe=address, List_Unsubscribe_Post="List-Unsubscribe=One-Click")

    assert keep(tmp_path, both).one_click_unsubscribe == "http://localhost:8000/off"
    assert keep(tmp_path, mail(List_Unsubscribe=address)).one_click_unsubscribe == ""


def test_mails_are_found_by_address_and_subject_newest_first(tmp_path):
    box = Mailbox(tmp_path)
    first = box.add(mail().as_bytes(), "first@example.jp")
    second = box.add(mail().as_bytes(), "second@example.jp")

    assert box.newest() == [second, first]
    assert box.newest("FIRST@") == [first]
    assert box.newest("おたより") == [second, first]
    assert box.newest("nobody") == []


def test_clearing_leaves_no_file(tmp_path):
    box = Mailbox(tmp_path)
    box.add(mail().as_bytes(), "a@example.jp")
    box.clear()

    assert box.newest() == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def catcher(tmp_path_factory):
    """A running catcher: its address, SMTP port and folder."""
    folder, smtp, web = tmp_path_factory.mktemp("mail"), free_port(), free_port()
    program = [sys.executable, "-m", "example.demo.catcher", f"--folder={folder}"]
    process = Process(
        "catcher",
        [*program, f"--smtp={smtp}", f"--web={web}"],
        log=folder / "log",
        env={"PYTHONPATH": str(ROOT)},
    )
    process.start()
    address = f"http://127.0.0.1:{web}/"
    process.wait_until(lambda: answers(address))
    with smtplib.SMTP("127.0.0.1", smtp) as client:
        client.send_message(mail(), to_addrs=["one@example.jp", "two@example.jp"])
    yield address, folder
    process.stop()


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.headers, answer.read().decode()


def test_every_recipient_has_a_mail(catcher):
    address, folder = catcher

    assert {found.recipient for found in Mailbox(folder).newest()} == {
        "one@example.jp",
        "two@example.jp",
    }
    assert "2 mails" in get(address)[1]
    assert "1 mail<" in get(address + "?q=two@")[1]


def test_html_is_shown_without_scripts_and_away_from_the_page(catcher):
    address, folder = catcher
    key = Mailbox(folder).newest()[0].id
    page = get(f"{address}mail/{key}/")[1]
    headers, body = get(f"{address}mail/{key}/body/")

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert body.startswith('<base target="_blank"><p>こんにちは')


def test_a_mail_that_is_gone_is_404(catcher):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(catcher[0] + "mail/0-0/")


def test_deleting_needs_a_token(catcher):
    request = urllib.request.Request(catcher[0] + "clear/", method="POST", data=b"")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)
