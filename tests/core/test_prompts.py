

def test_fixed_pieces_are_those_that_are_spoken_around_the_values() -> None:
    prompt = Prompt("I heard {{ zip }}. Right?", (Words("I heard "), Slot("zip"), Words(". Right?")))
    assert [item.text for item in prompt.fixed_pieces()] == ["I heard", "Right?"]
    spoken = [item.text for item in prompt.render({"zip": "78701"})]
    assert spoken == ["I heard", "78701.", "Right?"]
