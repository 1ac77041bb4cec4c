"""Files of real people and shops, which are not part of the project."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def real_file(name):
    """Path of a real file; the test is skipped where there is none."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"The real data are not here: {path}")
    return path
