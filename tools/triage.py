"""Write the triage card of lesson 22c, one page, from the table in gan_lessons/triage.py.

python tools/triage.py            # writes TRIAGE.md
"""

from pathlib import Path

from gan_lessons import triage

PAGE = Path(__file__).resolve().parent.parent / "TRIAGE.md"


def main() -> None:
    PAGE.write_text(triage.page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(triage.CARD)} symptoms")


if __name__ == "__main__":
    main()
