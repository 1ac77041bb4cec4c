"""The migrated database as it was, brought back in a moment."""

import sqlite3

import psycopg
from django.db import connection
from psycopg import sql

from tests.services import database_url


class Snapshot:
    """A copy of Django's test database, from which it, or another one, can be made again."""

    def __init__(self):
        self.name = connection.settings_dict["NAME"]
        self.take()

    def take(self):
        raise NotImplementedError

    def restore(self):
        """Undo whatever was committed since."""
        raise NotImplementedError


class PostgresSnapshot(Snapshot):
    def take(self):
        self.pristine = f"{self.name}_pristine"
        self._copy(self.name, self.pristine)

    def restore(self):
        self._copy(self.pristine, self.name)

    def copy_to(self, name):
        """Make database ``name`` anew, whoever is connected to it."""
        self._copy(self.pristine, name)

    def _copy(self, source, target):
        connection.close()
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with psycopg.connect(database_url("postgres"), autocommit=True) as server:
            server.execute(drop.format(sql.Identifier(target)))
            server.execute(create.format(sql.Identifier(target), sql.Identifier(source)))


class SqliteSnapshot(Snapshot):
    def take(self):
        self.pristine = sqlite3.connect(":memory:", check_same_thread=False)
        connection.ensure_connection()
        connection.connection.backup(self.pristine)

    def restore(self):
        connection.ensure_connection()
        self.pristine.backup(connection.connection)


def take_snapshot():
    return SqliteSnapshot() if connection.vendor == "sqlite" else PostgresSnapshot()
