"""The benchmark of bots judges any two lists of user agents and ends accordingly."""

import gzip
import json

import pytest

from benchmarks import bots
from tests.tracking.factories import CHROME, IPHONE

CURL = "curl/8.5.0"
LISTS = {
    "lines.txt": lambda agents: "\n".join([*agents, ""]).encode(),
    "lines.txt.gz": lambda agents: gzip.compress("\n".join(agents).encode()),
    "strings.json": lambda agents: json.dumps(agents).encode(),
    "objects.json.gz": lambda agents: gzip.compress(
        json.dumps([{"userAgent": agent, "vendor": "x"} for agent in agents]).encode()
    ),
    "crawlers.json": lambda agents: json.dumps([{"pattern": "x", "instances": agents}]).encode(),
    "column.csv": lambda agents: "\n".join(
        ["id,User_Agent", *(f'1,"{agent}"' for agent in agents)]
    ).encode(),
    "first.csv": lambda agents: "\n".join(f'"{agent}",1' for agent in agents).encode(),
}


@pytest.mark.parametrize("name", LISTS)
def test_every_format_is_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(LISTS[name]([CHROME, IPHONE]))

    assert list(bots.agents_in(path)) == [CHROME, IPHONE]


def test_what_was_judged_wrongly_is_shown(tmp_path, monkeypatch, capsys):
    browsers, crawlers = tmp_path / "browsers.txt", tmp_path / "crawlers.txt"
    browsers.write_text("\n".join([CHROME, CURL]))
    crawlers.write_text("\n".join([CURL, IPHONE, "Wget/1.21", "okhttp/4.12.0"]))
    monkeypatch.setattr("sys.argv", ["bots", str(browsers), str(crawlers)])

    assert bots.main() == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == [
        "People taken for machines: 1 of 2 (50.00%)",
        f"  {CURL}",
        "Machines taken for people: 1 of 4 (25.00%)",
        f"  {IPHONE}",
    ]
    result = json.loads(last)
    assert result.pop("verdict_us") > 0
    assert result == {"bench": "bots", "kept_out": 0.75, "lost": 0.5}
