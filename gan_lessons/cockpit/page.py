"""A picture that grows while several runs are played. Introduced in lesson 04."""

from IPython.display import HTML, display

from gan_lessons.cockpit.bar import in_notebook
from gan_lessons.show import Picture


class Page:
    """A place in a cell's output for a picture that is drawn anew after each of several runs.

    So each seed's panel appears as soon as its run is done::

        page, panels = cockpit.Page(), []
        for seed in cockpit.progress(range(5), unit="seed"):
            fake = play(seed)
            panels.append((f"seed {seed}", fake))
            page.show(show.clouds(panels, real=x, places=5, sentence="…"))

    Outside a notebook nothing is displayed. Introduced in lesson 04.

    Attributes:
        picture: the one that is shown, or None before the first.
    """

    def __init__(self):
        self.picture: Picture | None = None
        self._handle = None

    def show(self, picture: Picture) -> None:
        """Show a picture in place of the one before."""
        self.picture = picture
        if not in_notebook():
            return
        page = HTML(picture._repr_html_())
        if self._handle is None:
            self._handle = display(page, display_id=True)
        else:
            self._handle.update(page)
