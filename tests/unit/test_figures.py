"""Figures: what is counted stays readable for Prometheus."""

from __future__ import annotations

from core.hub.web.figures import BOUNDS, Figures, Histogram, Metric, write_metrics


def test_a_metric_without_labels_is_one_line_under_its_help() -> None:
    text = write_metrics([Metric("tournaments", "Tournaments here.", "gauge", {"": 3})])
    assert text == (
        "# HELP courtside_tournaments Tournaments here.\n"
        "# TYPE courtside_tournaments gauge\n"
        "courtside_tournaments 3\n"
    )


def test_labels_are_quoted_so_that_no_value_breaks_a_line() -> None:
    text = write_metrics([Metric("hub_info", "Which.", "gauge", {'a"b\\c\nd': 0.5}, "version")])
    assert text.splitlines()[-1] == r'courtside_hub_info{version="a\"b\\c\nd"} 0.5'


def test_a_metric_without_samples_still_says_what_it_would_be() -> None:
    assert len(write_metrics([Metric("x_total", "X.", "counter", {}, "kind")]).splitlines()) == 2


def test_a_histogram_counts_what_was_not_longer_than_each_bound() -> None:
    durations = Histogram()
    for seconds in (0.0001, BOUNDS[0], 0.003, 60.0):
        durations.observe(seconds)
    buckets = dict(durations.buckets())
    assert buckets[str(BOUNDS[0])] == 2
    assert buckets["0.005"] == 3
    assert buckets[str(BOUNDS[-1])] == 3
    assert buckets["+Inf"] == durations.count == 4


def test_a_histogram_is_written_with_its_sum_and_its_count() -> None:
    durations = Histogram()
    durations.observe(0.25)
    lines = write_metrics([("commit_seconds", "Commits.", durations)]).splitlines()
    assert lines[1] == "# TYPE courtside_commit_seconds histogram"
    assert lines[-3:] == [
        'courtside_commit_seconds_bucket{le="+Inf"} 1',
        "courtside_commit_seconds_sum 0.25",
        "courtside_commit_seconds_count 1",
    ]


def test_figures_of_two_hubs_are_their_own() -> None:
    one, other = Figures(), Figures()
    one.commands["accepted"] += 1
    one.commits.observe(0.1)
    assert not other.commands
    assert other.commits.count == 0
