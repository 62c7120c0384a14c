"""From whatever was uploaded to lines of text, or to a sentence that says what to do. No database."""

import time
import tracemalloc
from dataclasses import replace

import pytest

from ports.importing import Line, read_lines, read_text
from ports.importing.checks import as_port
from ports.importing.lines import MOST_LINES
from ports.importing.text import MOST_BYTES
from portsec.problems import Refused
from tests.ports.files import HEAD, LINE, many, plain, wpi

GOOD = Line(2, "Port of Amber Bay", "XAAMB", "54.1", "18.2", "Europe/Warsaw", "Poland")


def lines_of(data: bytes, encoding: str = "") -> list[Line]:
    return list(read_lines(read_text(data, encoding)[0]).lines)


def refusal(data: bytes, encoding: str = "") -> tuple[str, str]:
    with pytest.raises(Refused) as raised:
        lines_of(data, encoding)
    (fault,) = raised.value.faults
    return fault.field, fault.code


def faults(**changes: str) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as raised:
        as_port(replace(GOOD, **changes), "UTC")
    return [(fault.field, fault.code) for fault in raised.value.faults]


# Encodings


@pytest.mark.parametrize(
    ("codec", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16"), ("utf-16-be", "utf-16")],
)
def test_it_reads_unicode_with_and_without_its_mark(codec: str, found: str) -> None:
    text, encoding = read_text(f"{HEAD}\nŚwinoujście,PLSWI,53.9,14.2,,Poland".encode(codec))
    assert encoding == found
    assert read_lines(text).lines[0].name == "Świnoujście"


@pytest.mark.parametrize("codec", ["cp1252", "iso8859-1"])
def test_it_reads_the_code_page_of_western_europe(codec: str) -> None:
    names = ("Malmö", "Århus", "Sète", "La Coruña", "Büsum", "Mörbylånga", "Frederikshavn", "Skærbæk")
    data = "\n".join((HEAD, *(f"{name},XAAA{letter},1.5,2.5,," for name, letter in zip(names, "ABCDEFGH", strict=True)))).encode(codec)
    assert [line.name for line in lines_of(data)] == list(names)


def test_it_tells_the_code_page_of_central_europe_by_its_letters() -> None:
    names = ("Łeba", "Świnoujście", "Gdańsk", "Kołobrzeg", "Władysławowo")
    data = "\n".join((HEAD, *(f"{name},XAAA{letter},1.5,2.5,," for name, letter in zip(names, "ABCDE", strict=True)))).encode("cp1250")
    assert read_text(data)[1] == "cp1250"


def test_a_person_may_name_the_encoding_where_the_guess_is_wrong() -> None:
    data = f"{HEAD}\nŁeba,PLLEB,54.7,17.5,,".encode("cp1250")
    assert lines_of(data, "cp1250")[0].name == "Łeba"


def test_an_encoding_that_does_not_fit_is_told_beside_its_field() -> None:
    assert refusal(f"{HEAD}\nŁeba,PLLEB,54.7,17.5,,".encode("cp1250"), "utf-8") == ("encoding", "encoding")


# What is no CSV


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\x00\x00\x00", "empty"),
        (HEAD.encode(), "empty"),
        (b"PK\x03\x04\x14\x00", "not_csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not_csv"),
        (b"\x89PNG\r\n\x1a\n", "not_csv"),
        (b"\xff\xd8\xff\xe0", "not_csv"),
        (b"%PDF-1.7", "not_csv"),
        (b"\x1f\x8b\x08", "not_csv"),
        (bytes(range(32)) * 20, "not_csv"),
        (plain('"Port of Amber Bay,XAAMB,54.1,18.2,,'), "not_csv"),
        (b"{'name': 'Amber'}", "missing_columns"),
        (plain(LINE, head="name,unlocode,latitude"), "missing_columns"),
        (plain(LINE, head="name,name,unlocode,latitude,longitude,country"), "double_column"),
        (plain(LINE, head="name,unlocode,lat,latitude,longitude,country"), "double_column"),
        (plain(LINE, head=HEAD + ",x" * 200), "too_many_columns"),
    ],
)
def test_it_refuses_what_is_no_table_of_ports_and_names_the_file(data: bytes, code: str) -> None:
    field, found = refusal(data)
    assert field == "file"
    assert found == code


def test_an_unclosed_quote_names_the_line_where_it_begins() -> None:
    with pytest.raises(Refused, match="Line 3 breaks off"):
        lines_of(plain(LINE, '"Port of Amber Bay,XAAMB,54.1,18.2,,', *many(3)))


# Its size


def test_a_hundred_thousand_lines_are_refused_at_once_and_not_all_read() -> None:
    data = "\n".join(("name,unlocode,latitude,longitude", *(f"Q{n},XAAAA,1,2" for n in range(100_000)))).encode()
    assert len(data) < MOST_BYTES
    begun = time.monotonic()
    tracemalloc.start()
    with pytest.raises(Refused, match=f"more than {MOST_LINES} ports"):
        lines_of(data)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.monotonic() - begun < 3
    assert most < 12 * len(data)  # the text itself, and no hundred thousand lines of it


def test_a_larger_file_is_refused_by_its_size_alone() -> None:
    assert refusal(b"x" * (MOST_BYTES + 1)) == ("file", "too_large")


def test_as_many_lines_as_are_allowed_are_read() -> None:
    assert len(lines_of(plain(*many(MOST_LINES)))) == MOST_LINES


# Its form


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_it_finds_the_separator_by_the_names_in_the_first_line(separator: str) -> None:
    data = plain(LINE.replace(",", separator), head=HEAD.replace(",", separator))
    assert lines_of(data) == [GOOD]


def test_names_of_columns_may_be_written_in_any_letters_and_order() -> None:
    assert lines_of(plain("18.2,54.1,XAAMB,Amber", head='LON, Lat ,"UN/LOCODE",Name'))[0].name == "Amber"


def test_it_takes_the_columns_of_the_world_port_index_as_they_are() -> None:
    (line,) = lines_of(wpi((30, "Amber Bay", "XA AMB", "Poland", "54.1", "18.2")))
    assert (line.name, line.unlocode, line.country, line.latitude) == ("Amber Bay", "XA AMB", "Poland", "54.1")


def test_ports_of_the_world_port_index_come_in_the_order_of_its_numbers_which_run_along_the_coast() -> None:
    rows = [(300, "Third", "XAAAC", "", "1", "2"), (20, "First", "XAAAA", "", "1", "2"), (100, "Second", "XAAAB", "", "1", "2")]
    assert [line.name for line in lines_of(wpi(*rows))] == ["First", "Second", "Third"]


def test_other_files_keep_their_own_order() -> None:
    assert [line.number for line in lines_of(plain(*many(30)))] == list(range(2, 32))


def test_a_line_break_within_quotes_keeps_the_numbers_of_the_lines_right() -> None:
    found = lines_of(plain('"Amber\nBay",XAAMB,54.1,18.2,,', "", "Quay,XAQUA,1,2,,"))
    assert [(line.number, line.name) for line in found] == [(2, "Amber\nBay"), (5, "Quay")]


@pytest.mark.parametrize("line", ["Amber, Bay,XAAMB,54.1,18.2,,", "Amber,XAAMB,54.1", LINE + ",more"])
def test_a_line_with_too_many_or_too_few_values_is_at_fault_by_itself(line: str) -> None:
    found = lines_of(plain(line, LINE))
    assert "values" in found[0].fault
    assert found[1] == replace(GOOD, number=3)


def test_a_nul_is_the_fault_of_its_line_alone() -> None:
    found = lines_of(plain("Amber\x00Bay,XAAMB,54.1,18.2,,", LINE))
    assert "NUL" in found[0].fault
    assert "\x00" not in found[0].name
    assert found[1].fault == ""


# Its values


def test_a_good_line_becomes_a_port() -> None:
    organisation, port = as_port(replace(GOOD, unlocode=" xa amb", name=" Port  of Amber Bay "), "UTC")
    assert (organisation.name, organisation.time_zone, organisation.kind) == ("Port of Amber Bay", "Europe/Warsaw", "port")
    assert (port.unlocode, port.latitude, port.longitude) == ("XAAMB", 54.1, 18.2)


def test_a_port_without_a_time_zone_gets_that_of_the_import() -> None:
    assert as_port(replace(GOOD, time_zone=""), "Europe/Riga")[0].time_zone == "Europe/Riga"


def test_a_decimal_comma_is_understood() -> None:
    assert as_port(replace(GOOD, latitude="54,5"), "UTC")[1].latitude == 54.5


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "required"),
        ("name", "   ", "required"),
        ("name", "x" * 101, "max_length"),
        ("name", "=HYPERLINK(1)", "formula"),
        ("name", "+Amber", "formula"),
        ("name", "-Amber", "formula"),
        ("name", " @Amber", "formula"),
        ("name", "\tAmber", "line_break"),
        ("name", "Amber\nBay", "line_break"),
        ("name", "Amber\x07", "control_character"),
        ("name", "Amber\u202e", "control_character"),
        ("country", "=1+1", "formula"),
        ("unlocode", "", "required"),
        ("unlocode", 'GB ME""', "invalid"),
        ("unlocode", "PLG", "invalid"),
        ("unlocode", "=PLGDN", "formula"),
        ("unlocode", "PŁGDN", "invalid"),
        ("unlocode", "PLGDN\n", "line_break"),
        ("latitude", "", "invalid"),
        ("latitude", "north", "invalid"),
        ("latitude", "nan", "invalid"),
        ("latitude", "inf", "invalid"),
        ("latitude", "1_0", "invalid"),
        ("latitude", "90.01", "out_of_range"),
        ("latitude", "-91", "out_of_range"),
        ("longitude", "180.5", "out_of_range"),
        ("longitude", "1,234,5", "invalid"),
        ("time_zone", "Europe/Nowhere", "invalid"),
        ("time_zone", "../etc", "invalid"),
    ],
)
def test_a_value_is_refused_beside_its_column(field: str, value: str, code: str) -> None:
    assert faults(**{field: value}) == [(field, code)]


def test_a_position_that_nobody_filled_in_is_refused() -> None:
    assert faults(latitude="0", longitude="0.0") == [("latitude", "null_island")]


def test_all_that_is_wrong_with_a_line_is_said_at_once() -> None:
    assert faults(name="", latitude="91") == [("name", "required"), ("latitude", "out_of_range")]
