"""Files of ports as people hand them over; rows of our own making in the columns of the World Port Index."""

from collections.abc import Iterable

WPI_HEAD = "wpi,region,name,alt_name,unlocode,country,water_body,harbor_size,harbor_type,harbor_use,port_security,lat,lon"
HEAD = "name,unlocode,latitude,longitude,time_zone,country"
LINE = "Port of Amber Bay,XAAMB,54.1,18.2,Europe/Warsaw,Poland"


def plain(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join((head, *lines)).encode()


def wpi(*rows: tuple[int, str, str, str, str, str]) -> bytes:
    """Rows of number, name, UN/LOCODE, country, latitude and longitude."""
    written = "{},Coast,{},,{},{},Sea; Ocean,Small,Open,,,{},{}"
    return "\n".join((WPI_HEAD, *(written.format(*row) for row in rows))).encode()


def many(number: int) -> Iterable[str]:
    """As many lines, each with a code of its own."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for place in range(number):
        code = "".join(letters[place // 26**power % 26] for power in (3, 2, 1, 0))
        yield f"Quay {place},X{code},{place % 80 + 1}.5,{place % 170 + 1}.25,,"
