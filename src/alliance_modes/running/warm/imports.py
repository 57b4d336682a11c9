"""What a script and everything below it imports, imported ahead of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from alliance_modes.running.code import Import, imports

BEFORE = tuple(Import(f"snakemake.{module}", ()) for module in ("logging", "iocontainers", "io"))
"""What Snakemake puts before each script."""

WHEN_USED = {
    "pandas": (
        "pyarrow.parquet",
        "pyarrow.dataset",
        "pyarrow.pandas_compat",
        "pandas.io.parquet",
        "pandas.io.formats.csvs",
        "pandas.core.arrays.arrow.extension_types",
    ),
    "pandera": ("pandera.backends.pandas.register", "pandera.backends.pandas.builtin_checks"),
    "matplotlib": (
        "matplotlib.backends.backend_agg",
        "matplotlib.backends.backend_pdf",
        "PIL.GifImagePlugin",
        "PIL.PpmImagePlugin",
    ),
    "pyreadstat": ("narwhals.stable.v2", "narwhals._pandas_like.namespace"),
}
"""What a library imports when it is used."""


def imports_of(rule: str, scripts: Path) -> Iterator[Import]:
    """What the script of ``rule`` in ``scripts`` imports, directly or not, in the order of bringing it."""
    yield from BEFORE
    for one in imports(rule, scripts):
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
