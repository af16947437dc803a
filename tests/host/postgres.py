"""A PostgreSQL server for the tests: found through MAJLIS_POSTGRESQL, with a schema of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

_NUMBERS = count()


def server() -> str:
    """The address of the server; the test skips where there is none."""
    url = os.environ.get("MAJLIS_POSTGRESQL", "")
    if not url:
        pytest.skip("no PostgreSQL here: set MAJLIS_POSTGRESQL to the address of a database for tests")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    return url


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of an empty schema, which is gone afterwards."""
    url = server()
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    with connection(url) as admin:
        admin.execute(f"CREATE SCHEMA {name}")
    try:
        yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}&application_name={name}"
    finally:
        with connection(url) as admin:
            admin.execute("SET client_min_messages = error")
            admin.execute(f"DROP SCHEMA {name} CASCADE")


@contextmanager
def connection(url: str) -> Iterator[Any]:
    """A connection beside those of the program."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as opened:
        yield opened
