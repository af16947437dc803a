"""Tables of places from Parquet files, as rows of text; read by pyarrow, which only this module loads (an extra).

Columns of text, numbers, truth values and decimals are read, whatever the file calls their kind: a number in the
shortest decimal form that gives it back, nothing as nothing. Row n of the table is line n + 1 of the CSV. Columns of
another kind (shapes, lists) say nothing about a place here; the last line of the CSV names them.

A small file can unfold without end: by sizes that its own description states wrongly, and by one long text that a
million rows refer to. So the stated sizes are looked at first, texts are read once for all rows that refer to them, and
where the system can limit the memory of a process, reading has ``MOST_MEMORY`` of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from majlis.census import MOST_BYTES
from majlis.errors import Malformed, Missing

MAGIC = b"PAR1"
_MOST_COLUMNS = 200
_MOST_ROWS = 1_048_576
_ROWS_AT_ONCE = 256
_LONGEST_TEXT = 1000  # Characters of four bytes at most; no column of a table of places holds more than 200.
MOST_MEMORY = 512 * 2**20
"""Bytes that reading may take beyond what the process has."""
_QUOTED = re.compile(r'[,"]')  # For what holds these the CSV begins with a quote, and is no remark.
_ABSENT = (
    "this is a Parquet file, and pyarrow, which reads them, is not installed: in the folder of the program run "
    "pip install -r requirements/parquet.txt, or convert the file, such as with duckdb "
    "-c \"copy 'FILE' to 'places.csv'\""
)


def parquet_rows(data: bytes) -> Iterator[Sequence[str]]:
    """The header and the rows of a Parquet file, and last, where there are any, a remark on columns that are not read.

    Raises:
        Missing: pyarrow is not installed.
        Malformed: the file cannot be read, or unfolds to more than a table may hold.
    """
    try:
        arrow, parquet = (import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    except ModuleNotFoundError:
        raise Missing(_ABSENT, rule="R-PLAN-1") from None
    try:
        with _limited():
            arrow.set_memory_pool(arrow.system_memory_pool())  # The others take a gigabyte of addresses in advance.
            texts = _texts(arrow, parquet.ParquetFile(BytesIO(data)))
            yield from _rows(arrow, parquet.ParquetFile(BytesIO(data), read_dictionary=texts))
    except MemoryError:
        raise Malformed("the table unfolds to more than can be read; split it by region", rule="R-PLAN-1") from None
    except (arrow.ArrowException, OSError, ValueError) as wrong:
        raise Malformed(f"this begins like Parquet and cannot be read: {wrong}", rule="R-PLAN-1") from None


@contextmanager
def _limited() -> Iterator[None]:
    """The process gets ``MOST_MEMORY`` more memory and no more, where the system can see to that."""
    try:
        resource = import_module("resource")
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + MOST_MEMORY
    if before == resource.RLIM_INFINITY or before > wanted:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))


def _texts(arrow: Any, file: Any) -> list[str]:
    """The columns of text, which are read as references to each text."""
    text = (arrow.types.is_string, arrow.types.is_large_string, arrow.types.is_string_view)
    return [field.name for field in file.schema_arrow if any(is_text(field.type) for is_text in text)]


def _rows(arrow: Any, file: Any) -> Iterator[Sequence[str]]:
    facts = file.metadata
    groups = [facts.row_group(n) for n in range(facts.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > MOST_BYTES:
        raise Malformed(f"the table unfolds to more than {MOST_BYTES} bytes; split it by region", rule="R-PLAN-1")
    schema = file.schema_arrow
    if facts.num_rows > _MOST_ROWS or len(schema) > _MOST_COLUMNS:
        raise Malformed(f"more than {_MOST_ROWS} rows or {_MOST_COLUMNS} columns", rule="R-PLAN-1")
    read = [field.name for field in schema if _is_plain(arrow.types, field.type)]
    if len(set(schema.names)) < len(schema.names):
        raise Malformed("two columns bear one name", rule="R-PLAN-1")
    yield read
    held = 0
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=read, use_threads=False):
        columns = [_cells(arrow, name, batch.column(name)) for name in read]
        held += sum(len(cell) for column in columns for cell in column)
        if held > MOST_BYTES:
            raise Malformed(f"the table unfolds to more than {MOST_BYTES} bytes; split it by region", rule="R-PLAN-1")
        yield from zip(*columns, strict=True)
    if others := [name for name in schema.names if name not in set(read)]:
        yield [f"# not read as they are neither text nor numbers: {_QUOTED.sub(' ', '; '.join(others))}"]


def _cells(arrow: Any, name: str, column: Any) -> list[str]:
    """The cells of a column as text. Raises: Malformed, before a text that is too long is written out for each row."""
    texts = column.dictionary if arrow.types.is_dictionary(column.type) else column
    if any(getattr(arrow.types, f"is_{kind}")(texts.type) for kind in ("string", "large_string", "string_view")):
        longest = max((len(text) for text in texts.cast(arrow.binary()).to_pylist() if text is not None), default=0)
        if longest > 4 * _LONGEST_TEXT:
            said = f"column {name}: a text of {longest} bytes, so that the table unfolds to more than a table may hold"
            raise Malformed(said, rule="R-PLAN-1")
    return ["" if cell is None else cell for cell in column.cast(arrow.string()).to_pylist()]


def _is_plain(types: Any, kind: Any) -> bool:
    """Whether a column of this kind holds text, numbers or truth values, each once or by reference."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    plain = ("string", "large_string", "string_view", "integer", "floating", "decimal", "boolean", "null")
    return any(getattr(types, f"is_{name}")(kind) for name in plain)
