"""Markdown templates to one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alliance_modes.words.display import escaped, markdown

HERE = Path(__file__).parent
READER = (
    "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-tex_math_dollars-smart-citations"
    "-example_lists-latex_macros"
)
ONE_LINE = "1000000"
"""Columns of pandoc's pipe tables: above the longest row, so that no column gets a fixed width."""


def render_markdown(template: str, context: Mapping[str, Any]) -> str:
    """Fill a template of this folder.

    Every text that comes from data passes the filter ``md``, which escapes it, or ``table``, which
    writes a ``DisplayTable`` (nothing where there is none).
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        comment_start_string="{##",
        comment_end_string="##}",
    )
    environment.filters["md"] = escaped
    environment.filters["table"] = lambda table: "" if table is None else markdown(table)
    return environment.get_template(template).render(**context)


def html_page(source: str, title: str, pictures: Mapping[str, bytes]) -> str:
    """Make one HTML document of Markdown, with style and pictures inside it.

    Parameters
    ----------
    source : str
        Markdown; a picture is named ``<name>.png``.
    title : str
        Title of the page.
    pictures : mapping
        PNG bytes by name.
    """
    import pypandoc

    with TemporaryDirectory() as folder:
        for name, png in pictures.items():
            Path(folder, f"{name}.png").write_bytes(png)
        html = pypandoc.convert_text(
            source,
            "html5",
            format=READER,
            extra_args=[
                "--standalone",
                "--embed-resources",
                f"--template={HERE / 'page.html'}",
                f"--resource-path={folder}",
                "--toc",
                "--toc-depth=1",
                f"--columns={ONE_LINE}",
                "--wrap=none",
                "--eol=lf",
                f"--metadata=title:{title}",
                f"--variable=style:{_style()}",
            ],
        )
    return html.replace("\r\n", "\n")


def _style() -> str:
    return (HERE / "report.css").read_text(encoding="utf-8")
