"""Write the triage card of lesson 22c from the table in gan_lessons/triage.py.

python tools/triage.py            # writes TRIAGE.md, and TRIAGE.html: one page to print
"""

from pathlib import Path

from gan_lessons import triage

PAGE = Path(__file__).resolve().parent.parent / "TRIAGE.md"


def main() -> None:
    PAGE.write_text(triage.page(), encoding="utf-8")
    PAGE.with_suffix(".html").write_text(triage.sheet(), encoding="utf-8")
    print(f"{PAGE.name}, {PAGE.stem}.html: {len(triage.CARD)} symptoms")


if __name__ == "__main__":
    main()
