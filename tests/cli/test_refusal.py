"""A refusal names what was asked, what was likely meant, and what exists."""

from checker.refusal import listed, near, unknown


def test_a_typo_finds_its_name():
    assert near("data_flsh", ["commit", "data_flush", "all"]) == ["data_flush"]


def test_dashes_and_capitals_do_not_matter():
    assert near("DATA-FLUSH", ["commit", "data_flush"]) == ["data_flush"]


def test_part_of_a_name_finds_it():
    assert near("tail", ["no_wal_tail", "ack_is_true"]) == ["no_wal_tail"]


def test_nothing_alike_is_nothing():
    assert near("zebra", ["commit", "data_flush"]) == []


def test_a_refusal_has_all_three():
    message = unknown("scope", "smal", ["tiny", "small"])
    assert "'smal'" in message
    assert "did you mean small?" in message
    assert "The scopes are: tiny, small." in message


def test_a_refusal_where_there_is_nothing():
    assert unknown("preset", "v5", []) == "no preset 'v5'. There are no presets."


def test_lists_read_as_sentences():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == "none"
