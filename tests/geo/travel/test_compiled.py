from geo.travel import compiled


def test_where_no_folder_can_be_written_each_process_compiles_for_itself(monkeypatch):
    asked = []

    def njit(**how):
        asked.append(how)
        if how.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiled, "njit", njit)
    assert compiled.compiled(abs) is abs
    assert [how.get("cache") for how in asked] == [True, None]
