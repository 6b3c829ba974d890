"""A field team sends a file with three bad rows, repairs them in the file it gets back, and sends again."""

import openpyxl

HEADER = ("Başvuru No", "Tür", "Neden", "Konu", "Öncelik", "Tarih", "Kanal", "İlçe", "Mahalle")
WRONG_DAY, RIGHT_DAY = "31.02.2026", "28.02.2026"


def case(number, day):
    fixed = ("başvuru", "yoksulluk", "gıda", "normal", day, "telefon", "Muratpaşa", "VARLIK")
    return (f"SAHA-{number:03}", *fixed)


def write(path, rows):
    book = openpyxl.Workbook()
    for row in (HEADER, *rows):
        book.active.append(row)
    book.save(path)
    return path


def choose(team, kind):
    page = team.page
    page.get_by_role("combobox", name="Ne gönderiyorsunuz?").click()
    page.get_by_role("option", name=kind).click()
    team.settle()
    page.get_by_text("uydurmadır; gerçek kişi içermez").click()
    team.settle()


def counted(page):
    """The first sheet's counts: read, new, changed, same, rejected."""
    cells = page.locator(".mahalle-table tbody tr").first.locator("td")
    return tuple(int(text) for text in cells.all_inner_texts())


def repaired(path, to):
    """The file of rejected rows as a person mends it: the day put right, the reasons left where they are."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    day = next(cell.column for cell in sheet[1] if cell.value == "Tarih")
    for row in range(2, sheet.max_row + 1):
        assert sheet.cell(row, day).value == WRONG_DAY
        sheet.cell(row, day).value = RIGHT_DAY
    book.save(to)
    return to


def test_three_bad_rows_come_back_and_go_in_once_repaired(visit, tmp_path):
    days = [WRONG_DAY if number <= 3 else "05.03.2026" for number in range(1, 13)]
    sent = write(tmp_path / "basvurular.xlsx", [case(n, day) for n, day in enumerate(days, 1)])
    team = visit("saha")
    page = team.page
    choose(team, "Başvuru ve ihbarlar")
    page.set_input_files("input[type=file]", sent)
    page.get_by_role("heading", name="Kaydederseniz").wait_for()
    team.settle()
    assert counted(page) == (12, 9, 0, 0, 3)
    assert page.get_by_text(WRONG_DAY, exact=True).count() == 3
    assert team.violations() == []
    page.get_by_role("button", name="Kaydet").click()
    page.get_by_text("Kaydedildi: 9 yeni").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Alınmayan satırları indir").click()
    taken.value.save_as(tmp_path / taken.value.suggested_filename)
    back = repaired(tmp_path / taken.value.suggested_filename, tmp_path / "duzeltilmis.xlsx")

    page.get_by_role("button", name="Kapat").click()
    choose(team, "Başvuru ve ihbarlar")
    page.set_input_files("input[type=file]", back)
    page.get_by_role("heading", name="Kaydederseniz").wait_for()
    team.settle()
    assert counted(page) == (3, 3, 0, 0, 0)
    page.get_by_role("button", name="Kaydet").click()
    page.get_by_text("Kaydedildi: 3 yeni").wait_for()


def test_a_closed_tab_finds_its_file_again(visit, tmp_path):
    sent = write(tmp_path / "tek.xlsx", [case(100, "25.03.2026")])
    team = visit("saha")
    choose(team, "Başvuru ve ihbarlar")
    team.page.set_input_files("input[type=file]", sent)
    team.page.get_by_role("heading", name="Kaydederseniz").wait_for()
    team.page.reload()
    row = team.page.get_by_text("Başvuru ve ihbarlar · tek.xlsx")
    row.wait_for()
    team.settle()
    team.page.get_by_role("button", name="Sonucu gör").first.click()
    team.page.get_by_role("heading", name="Kaydederseniz").wait_for()


def test_the_first_view_of_field_data_is_accessible(visit):
    team = visit("saha")
    team.page.get_by_role("heading", name="Gönderdikleriniz").wait_for()
    assert team.violations() == []


def test_an_upload_goes_on_after_the_line_broke(visit, tmp_path):
    """Every second piece is lost on the way; the file arrives all the same, byte for byte."""
    sent = write(tmp_path / "buyuk.xlsx", [case(n, "05.03.2026") for n in range(200, 400)])
    team = visit("saha")
    lost = []

    def lose(route):
        if route.request.method == "PUT" and not lost:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    team.page.route("**/uploads/**", lose)
    choose(team, "Başvuru ve ihbarlar")
    team.page.set_input_files("input[type=file]", sent)
    team.page.get_by_role("heading", name="Kaydederseniz").wait_for()
    team.settle()
    assert len(lost) == 1
    assert counted(team.page)[0] == 200
    team.wrong = [wrong for wrong in team.wrong if "ERR_CONNECTION_RESET" not in wrong]
