"""Drive a notebook in a really rendered JupyterLab, and write down what went wrong on its page.

Needs a server with ``--LabApp.expose_app_in_browser=True``, as :mod:`labserver` starts it.
"""

from pathlib import Path
from urllib.parse import urlsplit

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-dev-shm-usage",
]
# Every wait for a page ends after this. On a machine at rest, opening lesson 06 takes 7 s, a run 9.
# The watchdog does not see these hang: a page at rest uses the processor a little, too.
PATIENCE = 900_000  # milliseconds
HOSTS = {"127.0.0.1", ""}  # where a page may ask for something ("" for data: and blob:)

READY = """async () => {
  const app = window.jupyterapp; if (!app) return false;
  const w = app.shell.currentWidget; const sc = w && w.context && w.context.sessionContext;
  if (!sc) return false;
  await w.context.ready; await sc.ready;
  const k = sc.session && sc.session.kernel;
  return !!k && k.connectionStatus === 'connected' && k.status === 'idle';
}"""
RUN_ALL = """() => {
  window.ran = false;
  window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => window.ran = true);
}"""
ANSWERED = """async () => {
  const w = window.jupyterapp.shell.currentWidget;
  await w.context.sessionContext.session.kernel.requestKernelInfo();
}"""
FRAMES = """count => new Promise(done => {
  const next = left => left ? requestAnimationFrame(() => next(left - 1)) : done();
  next(count);
})"""
CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .filter(c => c.cell_type === 'code')
  .map(c => ({source: c.source, count: c.execution_count, outputs: c.outputs}))"""
SHUT_DOWN = """async () => {
  const w = window.jupyterapp.shell.currentWidget;
  await w.context.save(); await w.context.sessionContext.shutdown();
}"""


class Desk:
    """A browser page with a notebook in it, and what it did that it should not.

    Attributes:
        strays: addresses outside this machine that the page asked for (none was let through).
        complaints: errors on the page's console.
        ran: the code cells after the last :meth:`run_all`.
        delays: seconds that something took, to be compared with each other.
    """

    def __init__(self, browser, url: str, token: str, *, width: int = 1280, height: int = 1000):
        self.url, self.token = url, token
        self.strays: list[str] = []
        self.complaints: list[str] = []
        self.delays: list[float] = []
        self.ran: list[dict] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        self.context.route("**/*", self._let_through)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", lambda socket: self._is_here(socket.url))

    def _is_here(self, address: str) -> bool:
        here = urlsplit(address).hostname in HOSTS | {None}
        if not here:
            self.strays.append(address)
        return here

    def _let_through(self, route) -> None:
        if self._is_here(route.request.url):
            route.continue_()
        else:
            route.abort()

    def _note(self, message) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def open(self, path: str) -> None:
        """Open a notebook and wait until its kernel is connected and idle."""
        self.page.goto(f"{self.url}/lab/tree/{path}?token={self.token}&reset")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.page.wait_for_function(READY)

    def run_all(self) -> list[dict]:
        """Run every cell and wait for the last; return the code cells."""
        self.start_all()
        self.page.wait_for_function("window.ran", polling=500)
        self.ran = self.cells()
        return self.ran

    def start_all(self) -> None:
        """Start running every cell, and do not wait."""
        self.page.evaluate(RUN_ALL)

    def settle(self, *, kernel: bool = False) -> None:
        """Wait until the page has drawn itself several times, and first until the kernel is free.

        Whatever was asked of the kernel before has been done then.
        """
        if kernel:
            self._ask(ANSWERED)
        self.page.evaluate(FRAMES, 10)

    def cells(self) -> list[dict]:
        """Return the code cells: source, count (None if it did not run), outputs."""
        return self.page.evaluate(CELLS)

    def leave(self) -> None:
        """Save the notebook and shut its kernel down, so that the next one has the machine."""
        self._ask(SHUT_DOWN)

    def _ask(self, question: str) -> None:
        """Evaluate what waits for the kernel; `evaluate` alone would wait for ever."""
        late = f"setTimeout(() => no(new Error('no answer from the kernel')), {PATIENCE})"
        wait = f"new Promise((yes, no) => {{ {late}; ({question})().then(yes, no); }})"
        self.page.evaluate(f"() => {wait}")

    def keep(self, folder: Path, name: str) -> None:
        """Leave a picture of the page, as an artifact of a failure."""
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")


def errors_of(cells: list[dict]) -> list[str]:
    """Return one line for each output of code cells that is an error."""
    return [
        f"cell {i}: {output['ename']}: {output['evalue']}"
        for i, cell in enumerate(cells)
        for output in cell["outputs"]
        if output["output_type"] == "error"
    ]
