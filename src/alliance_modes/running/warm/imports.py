"""What a script and everything below it imports, imported ahead of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

from alliance_modes.running.code import Import, imports

BEFORE = (Import("snakemake.logging", ()), Import("snakemake.iocontainers", ()))
"""What Snakemake puts before each script."""

WHEN_USED = {
    "pandas": ("pyarrow.parquet", "pandas.io.parquet"),
    "matplotlib": ("matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf"),
}
"""What a library imports when it is used."""


def imports_of(rule: str) -> Iterator[Import]:
    """What the script of ``rule`` imports, directly or not, in the order in which it is to be brought."""
    yield from BEFORE
    for one in imports(rule):
        yield one
        for later in WHEN_USED.get(one.module.split(".")[0], ()):
            yield Import(later, ())


def bring(one: Import) -> None:
    """Import it here; what cannot be imported is told by the script that needs it."""
    with suppress(Exception):
        module = import_module(one.module)
        for name in one.names:
            if not hasattr(module, name):
                import_module(f"{one.module}.{name}")
