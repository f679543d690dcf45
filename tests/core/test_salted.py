"""Salted digests: the same value under the same salt alone."""

from engine.core.salted import salted_digest

SALT = "00112233445566778899aabbccddeeff"
OTHER = "ffeeddccbbaa99887766554433221100"


def test_a_value_has_one_digest_under_a_salt_however_its_keys_are_ordered() -> None:
    assert salted_digest({"zip": "78701", "age": 40}, SALT) == salted_digest(
        {"age": 40, "zip": "78701"}, SALT
    )


def test_the_same_value_has_another_digest_under_another_salt() -> None:
    assert salted_digest("314159265", SALT) != salted_digest("314159265", OTHER)


def test_other_values_have_other_digests() -> None:
    digests = {salted_digest(value, SALT) for value in ("1", 1, True, 1.5, None, ["1"], {"1": 1})}
    assert len(digests) == 7


def test_text_that_no_utf8_holds_has_a_digest_too() -> None:
    assert len(salted_digest("\ud800", SALT)) == 64
