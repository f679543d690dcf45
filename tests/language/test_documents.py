"""YAML means what the operator wrote, every value knows its place, and hostile files are cheap."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.core.places import Place
from engine.language.mistakes import Mistake, Mistakes, listed, nearest, phrase, suggestion
from engine.language.yaml import tree as yaml_tree
from engine.language.yaml.documents import Document, load, read


def loaded(text: str) -> Document:
    document, mistakes = load(text, "flow.yaml")
    assert document is not None, mistakes
    assert not mistakes
    return document


def complaints(text: str) -> list[str]:
    return [str(mistake) for mistake in load(text, "flow.yaml")[1]]


@pytest.fixture(params=["libyaml", "python"])
def _either_parser(request, monkeypatch):
    if request.param == "python":
        monkeypatch.setattr(yaml_tree, "_LOADER", yaml.SafeLoader)


@pytest.mark.parametrize(
    "text",
    [
        "02134",
        "+15550100",
        "1:30",
        "off",
        "yes",
        "2024-01-01",
        "0x1F",
        "1e5",
        ".5",
        "1_000",
        ".inf",
        "9" * 25,
    ],
)
def test_what_only_looks_like_a_value_stays_the_text_that_was_written(text):
    document = loaded(f"a: {text}\n")
    assert document.value == {"a": text}
    assert document.is_plain(("a",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("123", 123),
        ("-4", -4),
        ("0", 0),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
    ],
)
def test_plain_numbers_booleans_and_nothing_get_their_type(text, value):
    found = loaded(f"a: {text}\n").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_a_number_keeps_its_written_text_so_that_an_unquoted_zip_can_be_told():
    document = loaded("zip: 78701\nquoted: '78701'\n")
    assert (document.value["zip"], document.raw(("zip",)), document.is_plain(("zip",))) == (
        78701,
        "78701",
        True,
    )
    assert (document.value["quoted"], document.is_plain(("quoted",))) == ("78701", False)


def test_keys_are_text_whatever_they_look_like():
    assert loaded("options: {1: one, true: two, '*': star}\n").value == {
        "options": {"1": "one", "true": "two", "*": "star"}
    }


@pytest.mark.usefixtures("_either_parser")
def test_every_value_and_key_knows_its_place():
    document = loaded('nodes:\n  greet:\n    say: "Hello"\n    exits: [a, b]\n    when: |\n\n      x == 1\n')
    where = ("nodes", "greet", "say")
    assert document.place(where) == Place("flow.yaml", 3, 10)
    assert document.key_place(where) == Place("flow.yaml", 3, 5)
    assert document.content_place(where) == Place("flow.yaml", 3, 11)
    assert document.place(("nodes", "greet", "exits", 1)) == Place("flow.yaml", 4, 16)
    assert document.content_place(("nodes", "greet", "when")) == Place("flow.yaml", 7, 7)
    assert document.place(("nodes", "greet", "missing", "deeper")) == document.place(("nodes", "greet"))
    assert document.raw(("nodes",)) is None


def test_every_duplicate_key_is_named_in_one_pass_with_both_places():
    assert complaints("a: 1\nb: {c: 1, c: 2}\na: 2\n") == [
        "flow.yaml:2:11: 'c' is given twice here, first at flow.yaml:2:5; remove one of them",
        "flow.yaml:3:1: 'a' is given twice here, first at flow.yaml:1:1; remove one of them",
    ]


def test_merged_keys_yield_to_the_mappings_own_and_keep_their_places():
    document = loaded("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 9}\n")
    assert document.value["z"] == {"a": 9, "b": 2, "c": 4}
    assert document.place(("z", "c")) == Place("flow.yaml", 2, 17)


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\n\tb: 2\n", "2:1: this line is indented with a tab"),
        ("say: Hello: world\n", "1:11: a second ': ' in one value; put the whole value in quotes"),
        ("foo\nbar: 1\n", "1:1: 'foo' has no ':' after it"),
        ("a: 1\n  b: 2\n", "2:3: this line is indented under 'a: 1'"),
        ('a: 1\nb: "x\nc: 2\n', "2:4: the quote opened here is never closed"),
        ("a: [1, 2\nb: 3\n", "1:4: the '[' opened here is never closed"),
        ("a: {b: 1\n", "1:4: the '{' opened here is never closed"),
        ("a: @x\n", "1:4: a value can't start with '@'"),
        ("key: *\n", "1:7: an unquoted '*' or '&' starts a reference to another part"),
        ("- a\nb: 1\n", "2:1: 'b: 1' doesn't line up"),
        ('a: "\\q"\n', "this backslash starts an escape"),
        ("a: }\n", "1:4: this '}' has nothing to close"),
        ("a: {{ zip }}\n", "1:5: '{{' outside quotes"),
        ("a: !!python/object:os.system x\n", "1:4: '!!python/object:os.system' is a tag"),
        ("a: *b\n", "1:4: '*b' refers to nothing in this file"),
        ("a: &a [*a]\n", "1:8: '*a' is inside the value"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document"),
        ("x: \x01\n", "1:4: an invisible character (U+0001)"),
        ("a:1\nb:2\n", "1:1: this file is plain text"),
        ("a: \ud800\n", "1:4: an invisible character (U+D800)"),
        ("# nothing\n", "1:1: the file is empty"),
        ("? [a]\n: b\n", "1:3: a list as a key"),
    ],
)
def test_a_slip_is_explained_at_its_cause(text, complaint):
    assert any(complaint in found for found in complaints(text)), complaints(text)


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: " + "[" * 100_000, "1:43"),
        ("é: " + "[" * 100_000, "1:43"),
        ("a: " + "[" * 41 + "]" * 41, "1:43"),
        ("a: " + "[" * 990 + "]" * 990, "1:43"),
        ("b: 1\na: " + "{" * 100_000, "2:43"),
        ("a: " + "[{" * 50_000, "1:43"),
        ("a: " + "{b: " * 3000, "1:160"),
        ("a: [[],{}, " + "[" * 100_000, "1:50"),
        ("a: ['[[[[', " + "[" * 100_000, "1:51"),
        ("a: [ # " + "[" * 60 + "\n" + "[" * 100_000, "2:39"),
        ("a: [ # ]]]]\n" + "[" * 100_000, "2:39"),
        ("".join(" " * n + "a:\n" for n in range(60)), "41:41"),
        ("- " * 3000 + "a", "1:81"),
        ("? " * 3000 + "a", "1:81"),
    ],
    ids=lambda given: given[:12],
)
def test_nesting_is_limited_alike_whatever_the_parser_allows(text, place):
    deep = [found for found in complaints(text) if "closed" in found or "levels" in found]
    assert deep == [f"flow.yaml:{place}: lists and mappings are nested more than 40 levels deep"]


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: b" + "[" * 60 + ": c\n", "1:65: a second ': ' in one value"),
        ('a: "' + "[" * 60, "1:4: the quote opened here is never closed"),
        ("a: ['" + "[" * 60 + "', b\n", "1:4: the '[' opened here is never closed"),
        ("a: " + "[" * 39 + "b\n", "1:42: the '[' opened here is never closed"),
    ],
    ids=["text", "open quote", "quote", "list"],
)
def test_brackets_that_are_text_are_not_nesting(text, complaint):
    assert any(complaint in found for found in complaints(text)), complaints(text)


def test_aliases_that_multiply_are_refused():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "expand to more than" in complaints("\n".join(rows))[0]
    merges = ["a0: &a0 {}"]
    merges += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert "expand to more than" in complaints("\n".join(merges))[0]


def test_a_file_over_eight_mebibytes_is_refused_unread(tmp_path):
    path = tmp_path / "big.yaml"
    path.write_bytes(b"# " + b"x" * (8 << 20))
    assert "too large" in str(read(path, "big.yaml")[1][0])


def test_unreadable_files_are_mistakes_and_a_byte_order_mark_is_not(tmp_path):
    path = tmp_path / "flow.yaml"
    assert "can't be read" in str(read(path)[1][0])
    path.write_bytes(b"a: 1\nb: \xff\n")
    assert (
        str(read(path, "flow.yaml")[1][0]) == "flow.yaml:2:1: this line isn't UTF-8; save the file as UTF-8"
    )
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    document, mistakes = read(path)
    assert document is not None
    assert not mistakes


@given(st.text(alphabet=st.sampled_from(list("ab:-[]{}&*!|>'\"%@#,? \n\t\x01\u2028é<")), max_size=60))
def test_no_text_whatever_breaks_the_loader(text):
    document, mistakes = load(text, "flow.yaml")
    assert document is not None or mistakes
    if document is not None:
        assert document.place(()).line >= 1


def test_mistakes_are_sorted_once_each_and_tell_warnings():
    mistakes = Mistakes()
    mistakes.warn(Place("b.yaml", 1, 1), "an unquoted ZIP", cure="quote it")
    assert not mistakes.has_errors
    for _ in range(2):
        mistakes.error(Place("a.yaml", 10, 1), "found", expected="another", cure="mend it")
    mistakes.add(Mistake(Place("a.yaml", 9, 1), "earlier"))
    assert str(mistakes).splitlines() == [
        "a.yaml:9:1: earlier",
        "a.yaml:10:1: found; expected another; mend it",
        "b.yaml:1:1: warning: an unquoted ZIP; quote it",
    ]
    assert mistakes.has_errors


def test_the_nearest_word_is_offered_only_where_one_is_near():
    assert nearest("nead", ["need", "zip"]) == "need"
    assert nearest("colect", ["collect", "connect"]) == "collect"
    assert nearest("wombat", ["need", "zip"]) is None
    assert suggestion("wombat", ["need", "zip"]) == "available: need and zip"
    assert listed(str(n) for n in range(12)) == "0, 1, 2, 3, 4, 5, 6, 7 and 4 more"
    assert phrase("found") == "found"
