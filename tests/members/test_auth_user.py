import json
import os
import subprocess
import sys


def test_registering_and_leaving_with_djangos_own_user_model():
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }
    run = subprocess.run(
        [sys.executable, "-m", "tests.members.auth_user_site"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    assert json.loads(run.stdout) == {
        "base": True,
        "ways": ["/accounts/signup/confirm/", "/accounts/confirm-email/"],
        "me": [200, True],
        "user": ["yoko", "Yoko Tanaka"],
        "member": ["registered", "yoko@example.jp"],
        "after": [False, "", "", False],
    }
