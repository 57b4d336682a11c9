"""One drawn figure with its words, and how it is written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any

from alliance_modes.figures import style
from alliance_modes.figures.pdf_fonts import pdf_fonts
from alliance_modes.ground.files import whole_file, write_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from alliance_modes.words.display import DisplayTable

OK = "ok"
NOT_RUN = "not_run: "

LONGEST_ALT = 250
"""Signs of a text alternative: who listens to it cannot skim. What is left out stands in ``numbers``."""

COMPRESSION = 3
"""Of a PNG: the usual 6 takes a third longer to write, for a file a tenth smaller."""


@dataclass(frozen=True)
class Picture:
    """A figure and the words that go with it.

    ``caption`` gives n and the kind of interval; ``alt`` says in two sentences at most what the figure
    shows, and ``numbers`` holds what is drawn, as a table for who cannot see it or wants to cite it.
    ``status`` is ``ok`` or ``not_run: <why>``. ``section`` is the section of the report that it belongs
    to; it stands there where the section's own text does not place it.
    """

    figure: Figure
    title: str
    caption: str
    alt: str
    status: str = OK
    section: str = ""
    numbers: DisplayTable | None = None

    def words(self) -> dict[str, Any]:
        """Title, caption, alt, status, section and numbers, as in the figure's JSON."""
        return {
            "title": self.title,
            "caption": self.caption,
            "alt": self.alt,
            "status": self.status,
            "section": self.section,
            "numbers": None if self.numbers is None else asdict(self.numbers),
        }


def alternative(first: str, second: str = "") -> str:
    """A text alternative of one or two sentences; what makes it too long is left out, or cut."""
    both = f"{first} {second}".strip()
    if len(both) <= LONGEST_ALT:
        return both
    return first if len(first) <= LONGEST_ALT else shorten(first, LONGEST_ALT, placeholder=" …")


def not_run(title: str, why: str, section: str = "") -> Picture:
    """A small picture that says why a figure could not be drawn."""
    status = f"{NOT_RUN}{why}"
    with style.drawing():
        figure = style.new_figure(height=1.1)
        axes = figure.add_subplot()
        axes.set_axis_off()
        lines = wrap(f"Not run: {why}.", 88)
        axes.text(
            0.5,
            0.5,
            "\n".join(lines),
            ha="center",
            va="center",
            color=style.QUIET,
            linespacing=1.4,
            transform=axes.transAxes,
        )
    text = f"This figure was not drawn: {why}."
    return Picture(figure, title, text, alternative(text), status, section)


def _lay_out(figure: Figure) -> None:
    """Find the place of everything, once: a figure that has a layout is drawn twice for each of its files."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    layout = figure.get_layout_engine()
    if layout is not None:
        FigureCanvasAgg(figure)
        layout.execute(figure)
        figure.set_layout_engine("none")


def _write_png(figure: Figure, to: Path | BytesIO) -> None:
    """Write its pixels without the channel for what shines through, since nothing does."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(style.DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    Image.fromarray(pixels).save(to, format="PNG", dpi=(style.DPI, style.DPI), compress_level=COMPRESSION)


def _write_pdf(figure: Figure, to: Path) -> None:
    """Write its lines and letters; ``savefig`` would go through all of it once more to find its place."""
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    FigureCanvasPdf(figure).print_pdf(to, metadata={"CreationDate": None})


def png_of(picture: Picture) -> bytes:
    """The picture as a PNG (300 dpi), and no other form of it: for what may leave the building."""
    stream = BytesIO()
    with style.drawing():
        _lay_out(picture.figure)
        _write_png(picture.figure, stream)
    return stream.getvalue()


def write_picture(picture: Picture, folder: str | Path, name: str) -> None:
    """Write ``<folder>/<name>.png`` (300 dpi), ``.pdf`` and ``.json``.

    The same picture gives the same bytes: the PDF carries no creation date. Both files have the places
    that are found for the PNG.
    """
    base = Path(folder)
    with style.drawing():
        _lay_out(picture.figure)
        with whole_file(base / f"{name}.png") as path:
            _write_png(picture.figure, path)
        with whole_file(base / f"{name}.pdf") as path, pdf_fonts():
            _write_pdf(picture.figure, path)
    write_json(picture.words(), base / f"{name}.json")
