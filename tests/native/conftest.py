"""The native engine, where it is built, with all that the processor has and without; boxes and samples as elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest
from tests.ballot.conftest import forge, making, material, samples, tools, vectors

__all__ = ["forge", "making", "material", "samples", "tools", "vectors"]


@pytest.fixture(scope="module", params=["whole", "four", "plain"])
def native(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The package ``majlis_native``; the test skips where it is not installed.

    ``four``: four lanes at most, where the processor has eight. ``plain``: by arithmetic that every processor has.
    """
    module: ModuleType = pytest.importorskip(
        "majlis_native", reason="the native engine is not built here: install cargo, then make native"
    )
    if request.param == "plain":
        if not module.features():
            pytest.skip("this processor has nothing that could be done without")
        module.leave_out(*module.features())
    if request.param == "four":
        if not {"AVX2", "AVX-512 IFMA"} <= set(module.features()):
            pytest.skip("this processor has not both, four lanes and eight, so there is one way less")
        module.leave_out("AVX-512 IFMA")
    yield module
    module.leave_out()
