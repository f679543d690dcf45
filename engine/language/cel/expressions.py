"""CEL expressions, type-checked when a flow is read and evaluated in microseconds during a call.

A vocabulary says which names exist and of what type; an expression that names another, or compares text
with a number, is a mistake at its very column. A value that is not known yet makes an expression unknown
(None), and so does an error inside it (division by zero, overflow): evaluating never raises.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from cel_expr_python import cel

from engine.core.answers import ValueType, answers_behind
from engine.core.conditions import Clause, Value
from engine.core.expressions import Expression
from engine.core.places import Place
from engine.language.cel.checked_tree import (
    Checked,
    CheckedTree,
    Constant,
    FunctionCall,
    ListExpression,
    Name,
    checked_tree,
)
from engine.language.cel.closures import Evaluate, closure
from engine.language.cel.errors import ExpressionFault, faults_of
from engine.language.cel.meanings import Meaning, meaning_of
from engine.language.mistakes import Mistake, phrase

RESERVED = frozenset(
    (
        *("as", "bool", "break", "bytes", "const", "continue", "double", "dyn", "else", "false", "for"),
        *("function", "if", "import", "in", "int", "let", "list", "loop", "map", "namespace", "null"),
        *("null_type", "package", "return", "string", "true", "type", "uint", "var", "void", "while"),
    )
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_VALUE_TYPES: dict[str, ValueType] = {"STRING": "string", "BOOL": "bool", "INT": "int", "DOUBLE": "double"}
_TYPE_WORDS = {"string": "text", "bool": "yes or no", "int": "a whole number", "double": "a number"}
_CEL_TYPES = {
    "string": cel.Type.STRING,
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
}


def is_usable_name(name: str) -> bool:
    """Whether expressions can speak of a name; ``type`` and ``in`` are words of CEL itself."""
    parts = name.split(".")
    return parts[0] not in RESERVED and all(_IDENTIFIER.fullmatch(part) for part in parts)


@dataclass(frozen=True, slots=True)
class _Compiled:
    tree: CheckedTree
    type: ValueType | None
    evaluate: Evaluate
    meaning: Meaning | None


class Vocabulary:
    """The names that expressions may use, with their types; compiles each text once.

    ``types`` maps names (``need``, ``zip.state``) to types. ``kinds`` may say what an operator calls
    them ("a choice"), for messages. ``answers`` are those that are answers, not parts of one; left out, all
    without a dot. Names that CEL can't speak (``is_usable_name``) are left out.
    """

    __slots__ = ("_answers", "_compiled", "_environment", "kinds", "types")

    def __init__(
        self,
        types: Mapping[str, ValueType],
        kinds: Mapping[str, str] | None = None,
        answers: Collection[str] | None = None,
    ) -> None:
        self.types: Mapping[str, ValueType] = {
            name: kind for name, kind in types.items() if is_usable_name(name)
        }
        self.kinds: Mapping[str, str] = dict(kinds or {})
        self._answers = frozenset(name for name in types if "." not in name) if answers is None else answers
        self._compiled: dict[str, _Compiled | tuple[ExpressionFault, ...]] = {}
        self._environment = cel.NewEnv(
            variables={name: _CEL_TYPES[kind] for name, kind in self.types.items()}
        )

    def answers_behind(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The answers that names belong to: ``zip`` for ``zip.state``. ``call.from`` belongs to none."""
        return tuple(dict.fromkeys(answers_behind(names, self._answers)))

    def described(self, name: str) -> str:
        """What a name is, in the operator's words."""
        return self.kinds.get(name) or _TYPE_WORDS[self.types[name]]

    def compiled(self, text: str) -> _Compiled | tuple[ExpressionFault, ...]:
        found = self._compiled.get(text)
        if found is None:
            found = self._compiled[text] = self._compile(text)
        return found

    def _compile(self, text: str) -> _Compiled | tuple[ExpressionFault, ...]:
        if not text.strip():
            return (
                ExpressionFault(
                    1, 1, phrase("an empty expression", expected='a condition, as in need == "repair"')
                ),
            )
        try:
            program = self._environment.compile(text)
        except TypeError:  # the binding takes only what UTF-8 can hold
            return (ExpressionFault(1, 1, phrase("an invalid character", cure="retype it")),)
        except RuntimeError as problem:
            return faults_of(str(problem), text, {name: self.described(name) for name in self.types})
        tree = checked_tree(program.serialize())
        tree = CheckedTree(tree.root, tuple(name for name in tree.names if name in self.types))
        kind = _VALUE_TYPES.get(program.return_type().name())
        evaluate = closure(tree.root) or _left_to_cel(program, tree.names)
        meaning = meaning_of(tree.root, self.answers_behind) if kind == "bool" else None
        return _Compiled(tree, kind, evaluate, meaning)


def compile_clause(text: str, place: Place, vocabulary: Vocabulary) -> Clause | tuple[Mistake, ...]:
    """A condition's leaf, or every mistake in it. ``place`` is where the text's first character stands."""
    compiled = vocabulary.compiled(text)
    if isinstance(compiled, tuple):
        return _mistakes(compiled, place)
    if compiled.type != "bool":
        return (Mistake(place, _no_condition(text.strip(), compiled, vocabulary)),)
    names = compiled.tree.names
    evaluate = _as_outcome(compiled.evaluate)
    answers = vocabulary.answers_behind(names)
    return Clause(text.strip(), place, names, answers, evaluate, compiled.meaning)


def compile_value(text: str, place: Place, vocabulary: Vocabulary) -> Expression | tuple[Mistake, ...]:
    """A computed value, or every mistake in it."""
    compiled = vocabulary.compiled(text)
    if isinstance(compiled, tuple):
        return _mistakes(compiled, place)
    if compiled.type is None:
        found = "this gives neither text, a number nor true or false"
        return (Mistake(place, phrase(found, expected="a single value that a call can keep")),)
    return Expression(text.strip(), place, compiled.tree.names, compiled.type, compiled.evaluate)


_ORDERS = ("_<_", "_<=_", "_>_", "_>=_")


def comparisons(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, Value], ...]:
    """Each name with the literal that it is held against by ==, != or ``in``; none where there are faults."""
    compiled = vocabulary.compiled(text)
    return () if isinstance(compiled, tuple) else tuple(_compared(compiled.tree.root))


def bounds(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, Value], ...]:
    """Each name with the literal that it is held against by <, <=, > or >=; none where there are faults."""
    compiled = vocabulary.compiled(text)
    return () if isinstance(compiled, tuple) else tuple(_bounded(compiled.tree.root))


def _bounded(node: Checked) -> Iterator[tuple[str, Value]]:
    if not isinstance(node, FunctionCall):
        return
    if node.function in _ORDERS and len(node.arguments) == 2:
        left, right = node.arguments
        if isinstance(left, Constant):
            left, right = right, left
        if isinstance(left, Name) and isinstance(right, Constant):
            yield left.name, right.value
    for argument in node.arguments:
        yield from _bounded(argument)


def _compared(node: Checked) -> Iterator[tuple[str, Value]]:
    if isinstance(node, FunctionCall):
        yield from _compared_in(node)
        for argument in node.arguments:
            yield from _compared(argument)
    elif isinstance(node, ListExpression):
        for element in node.elements:
            yield from _compared(element)


def _compared_in(call: FunctionCall) -> Iterator[tuple[str, Value]]:
    if len(call.arguments) != 2:
        return
    left, right = call.arguments
    if call.function in ("_==_", "_!=_"):
        if isinstance(left, Constant):
            left, right = right, left
        if isinstance(left, Name) and isinstance(right, Constant):
            yield left.name, right.value
    elif call.function == "@in" and isinstance(left, Name) and isinstance(right, ListExpression):
        for element in right.elements:
            if isinstance(element, Constant):
                yield left.name, element.value


def _left_to_cel(program: cel.Expression, names: tuple[str, ...]) -> Evaluate:
    def evaluate(values: Mapping[str, Value]) -> Value | None:
        data = {name: value for name in names if (value := values.get(name)) is not None}
        try:
            result = program.eval(data=data)
        except (RuntimeError, TypeError, ValueError, OverflowError):
            return None
        if result.type().name() not in _VALUE_TYPES:  # an error or an unknown
            return None
        outcome: Value = result.value()
        return outcome

    return evaluate


def _as_outcome(evaluate: Evaluate) -> Callable[[Mapping[str, Value]], bool | None]:
    # A clause's type was checked to be bool: the cast costs no call of its own on the hot path.
    return evaluate  # type: ignore[return-value]


def _no_condition(text: str, compiled: _Compiled, vocabulary: Vocabulary) -> str:
    is_name = text in vocabulary.types
    if is_name:
        found = f"'{text}' is {vocabulary.described(text)}, not a condition"
    else:
        found = f"this gives {_TYPE_WORDS.get(compiled.type or '', 'something else')}, not true or false"
    subject = text if is_name else "it"
    sample = {"int": "1", "double": "1.0"}.get(compiled.type or "", '"…"')
    return phrase(found, expected=f"a comparison, as in {subject} == {sample}")


def _mistakes(faults: tuple[ExpressionFault, ...], place: Place) -> tuple[Mistake, ...]:
    return tuple(Mistake(place.moved(fault.line - 1, fault.column - 1), fault.message) for fault in faults)
