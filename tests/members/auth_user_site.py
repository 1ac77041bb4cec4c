"""Another site: Django's own user model with user names, no Redis, a base template of its own.

Run as a script it migrates an empty database in memory, registers somebody through HTTP, lets
them leave, and prints what became of them as JSON.
"""

import json
import re
import sys

import django
from django.conf import settings

from example import settings as example

HEAD = "<title>{% block title %}{% endblock %}</title>A site of its own"
TEMPLATE = HEAD + "{% block content %}{% endblock %}"
OURS = ("example.", "whitenoise.")


def configure():
    settings.configure(
        SECRET_KEY="x",
        DEBUG=False,
        USE_TZ=True,
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="tests.members.auth_user_urls",
        INSTALLED_APPS=[name for name in example.INSTALLED_APPS if not name.startswith(OURS)],
        MIDDLEWARE=[name for name in example.MIDDLEWARE if not name.startswith(OURS)],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"site.html": TEMPLATE}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                },
            }
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
        ACCOUNT_LOGIN_METHODS={"username"},
        ACCOUNT_SIGNUP_FIELDS=["username*", "email*", "password1*"],
        ACCOUNT_EMAIL_VERIFICATION="mandatory",
        WAGTAIL_SITE_NAME="Other",
        WAGTAILADMIN_BASE_URL="http://testserver",
        STATIC_URL="/static/",
        WAGTAIL_CRM={"BASE_TEMPLATE": "site.html"},
    )
    django.setup()


def story():
    from django.contrib.auth import get_user_model  # noqa: PLC0415  # settings come first
    from django.core import mail  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import setup_test_environment  # noqa: PLC0415

    from wagtail_crm.members import actions  # noqa: PLC0415
    from wagtail_crm.members.models import Member  # noqa: PLC0415

    setup_test_environment()
    call_command("migrate", verbosity=0)
    browser = Client()
    page = browser.get("/accounts/signup/")
    typed = {
        "given_name": "Yoko",
        "family_name": "Tanaka",
        "username": "yoko",
        "email": "yoko@example.jp",
        "password1": "correct-horse-battery",
    }
    first = browser.post("/accounts/signup/", typed).url
    second = browser.post(first).url
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    browser.post(link)
    browser.post("/accounts/login/", {"login": "yoko", "password": typed["password1"]})
    me = browser.get("/crm/me/")
    member = Member.objects.get()
    told = {
        "base": "A site of its own" in page.content.decode(),
        "ways": [first, second],
        "me": [me.status_code, "Hello, Yoko Tanaka" in me.content.decode()],
        "user": [member.user.username, member.user.get_full_name()],
        "member": [member.status, member.email],
    }
    actions.withdraw_member(member=member)
    user = get_user_model().objects.get()
    told["after"] = [user.is_active, user.email, user.get_full_name(), "yoko" in user.username]
    return told


if __name__ == "__main__":
    configure()
    sys.stdout.write(json.dumps(story()))
