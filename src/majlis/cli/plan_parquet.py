"""Tables of places from Parquet files, as rows of text; read by pyarrow, which only this module loads (an extra).

Columns of text, numbers, truth values and decimals are read, whatever the file calls their kind: a number in the
shortest decimal form that gives it back, nothing as nothing. Row n of the table is line n + 1 of the CSV. Columns of
another kind (shapes, lists) say nothing about a place here; the last line of the CSV names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import BytesIO
from typing import Any

from majlis.census import MOST_BYTES
from majlis.errors import Malformed, Missing

MAGIC = b"PAR1"
_MOST_COLUMNS = 200
_MOST_ROWS = 1_048_576
_ROWS_AT_ONCE = 1024
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
        yield from _rows(arrow, parquet.ParquetFile(BytesIO(data)))
    except (arrow.ArrowException, OSError, ValueError) as wrong:
        raise Malformed(f"this begins like Parquet and cannot be read: {wrong}", rule="R-PLAN-1") from None


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
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=read):
        held += batch.nbytes
        if held > MOST_BYTES:
            raise Malformed(f"the table unfolds to more than {MOST_BYTES} bytes; split it by region", rule="R-PLAN-1")
        columns = [batch.column(name).cast(arrow.string()).to_pylist() for name in read]
        for row in zip(*columns, strict=True):
            yield ["" if cell is None else cell for cell in row]
    if others := [name for name in schema.names if name not in set(read)]:
        yield [f"# not read as they are neither text nor numbers: {_QUOTED.sub(' ', '; '.join(others))}"]


def _is_plain(types: Any, kind: Any) -> bool:
    """Whether a column of this kind holds text, numbers or truth values, each once or by reference."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    plain = ("string", "large_string", "string_view", "integer", "floating", "decimal", "boolean", "null")
    return any(getattr(types, f"is_{name}")(kind) for name in plain)
