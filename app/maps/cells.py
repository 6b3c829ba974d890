"""Text in cells of files that people open in a spreadsheet."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
    """Text that stays text when a spreadsheet saves it as CSV and opens it again (CWE-1236).

    >>> safe("=1+1"), safe("Kepez")
    ("'=1+1", 'Kepez')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
