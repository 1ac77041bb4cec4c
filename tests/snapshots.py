"""The migrated database, kept between runs and brought back in a moment."""

import contextlib
import fcntl
import hashlib
import sqlite3
from datetime import date
from importlib.metadata import version

import psycopg
from django.db import connection
from psycopg import sql

from tests.services import FOLDER, ROOT, database_url

LIBRARIES = ("Django", "wagtail", "django-allauth", "django-taggit", "django-modelcluster")
CODE = ("wagtail_crm/*/migrations/*.py", "example/*/migrations/*.py", "wagtail_crm/*/[ps]*.py")


def migrations_key():
    """Changes with every migration, library and month (partitions are made by month)."""
    parts = [f"{name}={version(name)}" for name in LIBRARIES]
    parts.append(date.today().strftime("%Y-%m"))
    for path in sorted(path for pattern in CODE for path in ROOT.glob(pattern)):
        parts.append(f"{path.relative_to(ROOT)}={path.read_text()}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class Snapshot:
    """A migrated database that nobody uses, from which Django's test database is made."""

    def __init__(self):
        self.key = migrations_key()
        self.name = connection.creation._get_test_db_name()

    @contextlib.contextmanager
    def lock(self):
        """One process at a time: the first one migrates, the others copy."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (FOLDER / "snapshot.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def use(self):
        """Make the test database and have Django use it."""
        connection.close()
        connection.settings_dict["NAME"] = self.name
        self.restore()

    def exists(self):
        raise NotImplementedError

    def take(self):
        """Keep the database as it is now; forget older ones."""
        raise NotImplementedError

    def restore(self):
        """Undo whatever was committed since."""
        raise NotImplementedError


class PostgresSnapshot(Snapshot):
    PREFIX = "migrated_"

    @property
    def kept(self):
        return self.PREFIX + self.key

    def exists(self):
        with self._server() as server:
            return self.kept in self._names(server)

    def take(self):
        with self._server() as server:
            for name in self._names(server):
                server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        self._copy(self.name, self.kept)

    def restore(self):
        self.copy_to(self.name)

    def copy_to(self, name):
        """Make database ``name`` anew, whoever is connected to it."""
        self._copy(self.kept, name)

    def drop(self, name):
        connection.close()
        with self._server() as server:
            server.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _copy(self, source, target):
        self.drop(target)
        with self._server() as server:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            server.execute(create.format(sql.Identifier(target), sql.Identifier(source)))

    def _server(self):
        return psycopg.connect(database_url("postgres"), autocommit=True)

    def _names(self, server):
        found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated%'")
        return [name for (name,) in found]


class SqliteSnapshot(Snapshot):
    @property
    def kept(self):
        return FOLDER / f"migrated-{self.key}.sqlite3"

    def exists(self):
        return self.kept.exists()

    def take(self):
        for path in FOLDER.glob("migrated-*.sqlite3"):
            path.unlink()
        partial = self.kept.with_suffix(".part")
        with contextlib.closing(sqlite3.connect(partial)) as target:
            connection.connection.backup(target)
        partial.rename(self.kept)

    def restore(self):
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(self.kept)) as source:
            source.backup(connection.connection)


def snapshot_of_the_run():
    return SqliteSnapshot() if connection.vendor == "sqlite" else PostgresSnapshot()
