import io
import zipfile

import numpy as np
import pytest

from geo.travel import TableError, gtfs, read_gtfs, tables

FEED = {
    "stops.txt": """stop_id,stop_name,stop_lat,stop_lon,location_type
a,Çarşı,37.0,30.0,0
b,Okul,37.0,30.02,
c,Köy,37.01,30.05,
door,Giriş,,,3
unused,Depo,37.5,30.5,
""",
    "routes.txt": "route_id,route_short_name,route_long_name\nr1,12,Çarşı - Köy\nr2,,Hastane\n",
    "trips.txt": """route_id,service_id,trip_id
r1,week,t1
r1,week,t2
r1,week,t3
r1,sunday,t4
r1,summer,t5
r2,week,t6
r1,week,early
""",
    "stop_times.txt": """trip_id,arrival_time,departure_time,stop_id,stop_sequence
t1,7:00:00,7:01:00,a,1
t1,7:09:00,7:10:00,b,5
t1,7:21:00,7:21:00,c,9
t2,08:00:00,08:00:00,a,1
t2,,,b,5
t2,08:26:00,08:26:00,c,9
t3,09:00:00,09:00:00,c,1
t3,09:15:00,09:15:00,b,2
t4,08:00:00,08:00:00,a,1
t4,08:10:00,08:10:00,b,2
t5,08:00:00,08:00:00,a,1
t5,08:10:00,08:10:00,b,2
t6,25:00:00,25:00:00,a,1
t6,25:30:00,25:30:00,c,2
early,06:59:59,06:59:59,a,1
early,07:30:00,07:30:00,c,2
""",
    "calendar.txt": """service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
week,1,1,1,1,1,0,0,20260901,20270615
sunday,0,0,0,0,0,0,1,20260901,20270615
summer,1,1,1,1,1,1,1,20260616,20260831
""",
}


def feed(tmp_path, **change):
    files = FEED | {name.replace("_txt", ".txt"): text for name, text in change.items()}
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            if text is not None:
                archive.writestr(name, text)
    return path


def test_patterns_of_a_weekday_with_headways_of_the_window(tmp_path):
    made = read_gtfs(feed(tmp_path), weekday="tuesday", window=(7, 10))
    there, back = made.lines
    assert (there.name, back.name) == ("12", "12")
    assert there.minutes.tolist() == [0, (8 + 13) / 2, (20 + 26) / 2]
    assert there.headway_minutes == 90  # two departures in three hours
    assert back.headway_minutes == 180
    assert back.stops.tolist() == [2, 1]
    assert np.column_stack([made.lon, made.lat]).tolist() == [[30, 37], [30.02, 37], [30.05, 37.01]]
    assert made.facts["day"] == "tuesday 2026-09-01"
    assert made.facts["window"] == "7-10 h"
    assert len(made.facts["gtfs_sha256"]) == 12


def test_other_days_and_hours_are_others(tmp_path):
    path = feed(tmp_path)
    (sunday,) = read_gtfs(path, weekday="sunday").lines
    assert sunday.stops.tolist() == [0, 1]
    (night,) = read_gtfs(path, weekday="monday", window=(24, 26)).lines
    assert (night.name, night.headway_minutes) == ("Hastane", 120)
    with pytest.raises(TableError, match="no trip departs on 2026-09-07 from 2 to 4 h"):
        read_gtfs(path, weekday="monday", window=(2, 4))


def test_trips_told_by_frequency_count_as_often_as_they_run(tmp_path):
    often = "trip_id,start_time,end_time,headway_secs\nt1,06:00:00,08:00:00,600\nt1,09:30:00,12:00:00,1800\n"
    there = read_gtfs(feed(tmp_path, frequencies_txt=often), weekday="monday", window=(7, 10)).lines[0]
    assert there.headway_minutes == pytest.approx(
        180 / (6 + 1 + 1)
    )  # every ten minutes, every thirty, and t2


def replaced(name, old, new):
    assert old in FEED[name]
    return {name.replace(".txt", "_txt"): FEED[name].replace(old, new)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stops_txt": None}, r"stops\.txt: is missing in feed\.zip"),
        ({"calendar_txt": None}, r"calendar\.txt: is missing"),
        (replaced("stops.txt", "30.02", "x"), r"stops\.txt, row 3, column stop_lon: 'x' is no number"),
        (replaced("stops.txt", "37.01", "97"), "row 4, column stop_lat"),
        (replaced("stops.txt", "stop_lat", "lat"), r"stops\.txt, row 1, column stop_lat: is missing"),
        (
            replaced("trips.txt", "r2,week", "r9,week"),
            r"trips\.txt, row 7, column route_id: 'r9' is listed nowhere",
        ),
        (
            replaced("stop_times.txt", "08:00:00,a", "08:00:00,z"),
            "row 5, column stop_id: 'z' is listed nowhere",
        ),
        (
            replaced("stop_times.txt", "7:09:00", "9 past 7"),
            "row 3, column arrival_time: '9 past 7' is no time",
        ),
        (replaced("stop_times.txt", "7:09:00", "6:09:00"), "column arrival_time: .* goes back in time"),
        (replaced("stop_times.txt", "08:26:00,08:26:00", ","), "lacks its first or last time"),
        (replaced("stop_times.txt", "t4,08:00:00", "t99,08:00:00"), "row 10, column trip_id: 't99'"),
        (replaced("calendar.txt", "20270615", "15.6.2027"), r"row 2, column end_date: '15.6.2027' is no day"),
        (replaced("calendar.txt", "week,1", "week,often"), "row 2, column monday"),
        ({"calendar_txt": FEED["calendar.txt"].splitlines()[0]}, "column monday: no service runs"),
        ({"stop_times_txt": "\x00"}, r"stop_times\.txt, row 1"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, change, said):
    with pytest.raises(TableError, match=said):
        read_gtfs(feed(tmp_path, **change), weekday="monday")


@pytest.mark.parametrize(
    ("weekday", "window"), [("Pazartesi", (7, 10)), ("monday", (10, 7)), ("monday", (0, 49))]
)
def test_impossible_settings_are_refused(tmp_path, weekday, window):
    with pytest.raises(ValueError, match="weekday must be"):
        read_gtfs(feed(tmp_path), weekday=weekday, window=window)


# ------------------------------------------------------------------- hostile
def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "feed.zip").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(TableError, match=r"feed\.zip: cannot be unpacked"):
        read_gtfs(tmp_path / "feed.zip", weekday="monday")


def test_damage_inside_is_refused(tmp_path):
    path = feed(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(b"stop_times.txt") + 40] ^= 255
    path.write_bytes(data)
    with pytest.raises(TableError, match=r"feed\.zip|stop_times\.txt"):
        read_gtfs(path, weekday="monday")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    with pytest.raises(TableError, match="100 to 1"):
        read_gtfs(feed(tmp_path, shapes_txt="0" * (20 << 20)), weekday="monday")


def test_too_many_files_bytes_or_rows_are_refused(tmp_path, monkeypatch):
    with pytest.raises(TableError, match="more than 200 files"):
        read_gtfs(feed(tmp_path, **{f"x{k}": "" for k in range(200)}), weekday="monday")
    monkeypatch.setattr(gtfs, "MOST_BYTES", 1 << 9)
    with pytest.raises(TableError, match="more than 200 files or 0 MiB"):
        read_gtfs(feed(tmp_path), weekday="monday")
    with pytest.raises(TableError, match="row 4: more than 2 rows"):
        list(tables.read_table(io.StringIO("a\n1\n2\n3\n"), "t.csv", ["a"], most_rows=2))


def test_a_line_without_end_is_refused(tmp_path):
    endless = "route_id\n" + "x" * (1 << 17)
    with pytest.raises(TableError, match=r"routes\.txt, row 2: a line of 65536 characters"):
        read_gtfs(feed(tmp_path, routes_txt=endless), weekday="monday")


def test_a_member_larger_than_it_says_is_refused(tmp_path):
    path = feed(tmp_path)
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")  # calendar.txt in the listing
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(TableError):
        read_gtfs(path, weekday="monday")
