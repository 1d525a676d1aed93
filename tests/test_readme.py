"""The README's commands are those that CI runs; `tests/docs` runs its code."""

from docs.pages import README, blocks


def test_the_first_sh_block_holds_the_quickstart_and_the_tests():
    commands = blocks(README, "sh")[0].content.splitlines()

    assert len(commands) == 2
    assert "examples/quickstart.py" in commands[0]
    assert "pytest" in commands[1]
