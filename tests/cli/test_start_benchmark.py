"""The start benchmark, run small: its form, and that its flow is a good one. No times are judged."""

from benchmarks.start import large_network, run
from engine.language.revisions import publish


async def test_the_start_benchmark_sets_commands_and_large_flows_beside_their_baselines() -> None:
    found = await run(starts=1, nodes=(20, 40))
    assert found["name"] == "start"
    figures = found["figures"]
    assert isinstance(figures, list)
    assert [figure["unit"] for figure in figures] == ["CPU ms"] * 4 + ["CPU s", "CPU ms"]
    assert all(figure["ours"] > 0 and figure["ratio"] > 0 and figure["baseline_is"] for figure in figures)


def test_its_large_flow_has_so_many_nodes_and_no_mistakes() -> None:
    published = publish(large_network(60))
    assert published.mistakes == []
    assert published.revision is not None
    assert len(published.revision.flows["large"].nodes) == 60
