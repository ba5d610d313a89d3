"""From measurements to numbers, verdicts, tables, chart and page."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from reporting.chart import render_chart
from reporting.formatting import milliseconds, with_range
from reporting.publish import REPOSITORY, MixedReportError, publish, render_pages, write_json
from reporting.summaries import geometric_mean, percentile, renderer_title, spread, summarize, time_of
from reporting.table import show_net, show_targets
from reporting.targets import check_targets, ratio, slower_than_a_peer
from rich.console import Console
from sample_report import (
    AFTER,
    BEYOND,
    FIRST,
    PARALLEL,
    SHADER_BYTES,
    STEADY,
    WEIGHT_BYTES,
    sample_report,
)

SVG = "{http://www.w3.org/2000/svg}"


def test_spread_is_the_median_with_percentiles() -> None:
    found = spread([3.0, 1.0, 2.0, 5.0, 4.0])
    assert found is not None
    assert (found.median, found.low, found.high, found.count) == (3.0, 1.4, 4.6, 5)
    assert spread([]) is None
    assert percentile([7.0], 0.9) == 7.0
    assert geometric_mean([1.0, 4.0, 16.0]) == pytest.approx(4.0)


@pytest.mark.parametrize("runtime", list(STEADY))
def test_a_summary_has_the_medians_and_what_goes_beyond_the_weights(runtime: str) -> None:
    found = summarize(sample_report(), "mobilenetv2", runtime)
    assert found.steady is not None
    assert found.steady.median == STEADY[runtime]
    assert found.first_result is not None
    assert found.first_result.median == FIRST[runtime]
    assert found.after_last_byte is not None
    assert found.after_last_byte.median == AFTER[runtime]
    assert found.memory_beyond_weights == (None if runtime == "ort-wasm" else BEYOND[runtime])
    assert found.heap == 3_500_000
    assert found.failure is None


def test_shaders_that_come_with_the_model_are_code() -> None:
    own, other = (summarize(sample_report(), "mobilenetv2", runtime) for runtime in ("texelflow", "tfjs"))
    assert (own.script_bytes, own.model_bytes) == (15_000 + SHADER_BYTES, WEIGHT_BYTES + 5_000 - SHADER_BYTES)
    assert (other.script_bytes, other.model_bytes) == (150_000, WEIGHT_BYTES + 5_000)


def test_the_error_is_the_largest_of_all_runs_that_were_compared() -> None:
    report = sample_report()
    report["nets"]["mobilenetv2"]["runtimes"]["texelflow"]["throttled"][0]["error"] = 3e-5
    assert summarize(report, "mobilenetv2", "texelflow").error == 3e-5


def test_a_peer_has_the_times_of_its_quickest_variant_and_we_have_not() -> None:
    report = sample_report()
    medians = {
        (runtime, part): found.median
        for runtime in ("texelflow", "tfjs")
        for part in ("first_result", "after_last_byte")
        if (found := time_of(report, "mobilenetv2", runtime, part))
    }
    assert medians == {
        ("texelflow", "first_result"): FIRST["texelflow"],
        ("texelflow", "after_last_byte"): AFTER["texelflow"],
        ("tfjs", "first_result"): PARALLEL["local"],
        ("tfjs", "after_last_byte"): AFTER["tfjs"],
    }


def test_what_was_not_measured_is_none_and_a_failure_says_why() -> None:
    report = sample_report()
    failed = summarize(report, "minilm", "ort-webgl")
    assert failed.steady is failed.first_result is failed.memory is failed.error is None
    assert failed.failure is not None
    assert "'Where'" in failed.failure
    report["nets"]["unet"] = {"failure": "ExportError: no"}
    assert summarize(report, "unet", "texelflow").failure == "ExportError: no"
    assert summarize(report, "yolov8n", "texelflow").steady is None


def test_targets_compare_medians_of_one_run() -> None:
    found = {target.title: target for target in check_targets(sample_report())}
    verdicts = {
        "steady run, geometric mean of four convolutional nets, against TF.js webgl": ("2.56×", False),
        "steady run, geometric mean of four convolutional nets, against ORT webgl": ("3.20×", False),
        "steady run, ResNet-50, against TF.js webgl": ("2.56×", True),
        "steady run, ResNet-50, against ORT webgl": ("3.20×", False),
        "steady run, MiniLM, against TF.js webgl": ("2.56×", True),
        "steady run, the worst of 5 nets, against TF.js webgl": ("2.56×", True),
        "steady run, the worst of 4 nets, against ORT webgl": ("3.20×", True),
        "MiniLM runs, whether or not it does on ORT webgl": ("runs; ORT: does not run", True),
        "navigation to first result, MobileNetV2, against TF.js webgl": ("3.00×", True),
        "last byte at 10 MB/s to first result, ResNet-50, against TF.js webgl": ("9.00×", True),
        "last byte at 10 MB/s to first result, ResNet-50, against ORT webgl": ("3.00×", False),
        "last byte at 10 MB/s to first result without streaming, ResNet-50, against TF.js webgl": (
            "1.50×",
            False,
        ),
        "GPU memory beyond the weights, the worst of 5 nets, against TF.js webgl": (
            "1/4.00 (MobileNetV2)",
            True,
        ),
        "GPU memory beyond the weights, the worst of 4 nets, against ORT webgl": (
            "1/1.80 (MobileNetV2)",
            False,
        ),
        "JavaScript and shaders up to the first result, with brotli, against TF.js webgl": ("1/8.33", True),
        "MobileNetV2: programs, load phase and self-test included": ("12", True),
        "MobileNetV2: typed arrays created in a steady run, outputs aside": ("0", True),
        "largest difference from ONNX Runtime, relative, over 5 nets": ("1e-06 (MobileNetV2)", True),
    }
    for title, (shown, holds) in verdicts.items():
        assert (found[title].found, found[title].holds) == (shown, holds), title


def test_what_was_not_measured_is_no_verdict() -> None:
    report = sample_report()
    report["nets"] = {}
    assert {target.holds for target in check_targets(report)} == {None}


def test_a_net_that_fails_or_differs_is_told() -> None:
    report = sample_report()
    report["nets"]["squeezenet"]["runtimes"]["texelflow"]["steady"]["error"] = 2e-4
    assert check_targets(report)[-1].holds is False
    report = sample_report()
    report["nets"]["squeezenet"]["runtimes"]["texelflow"]["steady"] = {"failure": "lost"}
    assert check_targets(report)[-1].found == "fails: squeezenet"
    assert check_targets(report)[-1].holds is False


def test_a_faster_peer_is_not_hidden() -> None:
    sentences = slower_than_a_peer(sample_report())
    assert [sentence.partition(" is faster on MobileNetV2")[0] for sentence in sentences] == [
        "Steady runs: ORT wasm",
        "Steady runs that never block the page: ORT wasm",
        "Last byte at 10 MB/s to first result, without streaming: ORT webgl",
        "Last byte at 10 MB/s to first result, without streaming: ORT wasm",
    ]
    assert "MobileNetV2 (5.00×), SqueezeNet 1.1" in sentences[0]
    assert "MobileNetV2 (6.25×)" in sentences[1]
    assert ratio(sample_report(), "minilm", "ort-webgl", "steady") is None


def test_kept_numbers_have_six_digits(tmp_path: Path) -> None:
    write_json({"a": [417.50000000037253, 6.369648269296499e-07], "b": {"c": 123456789}}, tmp_path / "a.json")
    kept = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert kept == {"a": [417.5, 6.36965e-07], "b": {"c": 123456789}}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_durations_have_about_three_digits() -> None:
    shown = [milliseconds(value) for value in (None, 1.234, 12.34, 123.4, 1234.0, 12340.0)]
    assert shown == ["–", "1.23 ms", "12.3 ms", "123 ms", "1.23 s", "12.3 s"]
    assert with_range(spread([1000.0, 2000.0, 3000.0])) == "2.00 s (1.20–2.80)"
    assert with_range(spread([42.0])) == "42.0 ms"


def test_the_terminal_shows_every_runtime_and_why_one_fails() -> None:
    text = io.StringIO()
    console = Console(file=text, width=120)
    report = sample_report()
    show_net(report, "minilm", console)
    show_targets(report, console)
    shown = text.getvalue()
    for piece in (
        "Texelflow",
        "TF.js webgl",
        "ORT wasm",
        "0 + 1 fence",
        "3.20×",
        "ORT webgl fails: TypeError",
    ):
        assert piece in shown


def test_bars_of_the_chart_are_proportional() -> None:
    chart = ElementTree.fromstring(render_chart(sample_report()))
    texts = [element.text for element in chart.iter(f"{SVG}text")]
    assert "ORT webgl does not run" in texts
    assert "Example GPU & Co <9>; 2026-11-23" in " ".join(text or "" for text in texts)
    first_group = [
        (float(bar.get("width", "0")), bar.get("class"))
        for bar in chart.iter(f"{SVG}rect")
        if bar.get("y") in {"164", "179", "194", "209"}
    ][: len(STEADY)]
    lengths = {kind: length for length, kind in first_group}
    assert lengths["tfjs"] / lengths["texelflow"] == pytest.approx(3.2, rel=0.01)
    assert lengths["ort-webgl"] == max(lengths.values())


@pytest.mark.parametrize(
    ("renderer", "title"),
    [
        (
            "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device)), SwiftShader driver)",
            "SwiftShader: no GPU, all drawing on the CPU",
        ),
        ("ANGLE (NVIDIA, Vulkan 1.4.312 (NVIDIA NVIDIA H100 (0x00002330)), NVIDIA)", "NVIDIA H100, Vulkan"),
        ("ANGLE (NVIDIA Corporation, NVIDIA H100/PCIe/SSE2, OpenGL ES 3.2)", "NVIDIA H100/PCIe/SSE2"),
        ("Apple GPU", "Apple GPU"),
    ],
)
def test_renderers_have_short_names(renderer: str, title: str) -> None:
    assert renderer_title({"renderer": renderer}) == title


def test_a_report_of_two_settings_is_refused(tmp_path: Path) -> None:
    report = sample_report()
    report["nets"]["resnet50"]["runtimes"]["texelflow"]["local"][0]["device"]["groups"] = 2
    with pytest.raises(MixedReportError, match=r"4×1 blocking.* and 4×2 blocking"):
        publish(report, tmp_path)
    assert not list(tmp_path.iterdir())


def test_tables_without_figures_are_left_out(tmp_path: Path) -> None:
    report = sample_report()
    for net in report["nets"].values():
        for measured in net["runtimes"].values():
            measured.pop("throttled", None)
    (tmp_path / "README.md").write_text("", encoding="utf-8")
    text = publish(report, tmp_path).read_text(encoding="utf-8")
    assert "### Last byte" not in text and "### Navigation to first result" in text


def test_publishing_writes_page_chart_and_report(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(
        "# Title\n<!-- benchmarks: made -->\nold\n<!-- end of benchmarks -->\nThe rest.\n", encoding="utf-8"
    )
    page = publish(sample_report(), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "## Example GPU & Co <9>" in text
    assert "| MiniLM-L6, 128 tokens | ORT webgl | TypeError: cannot resolve operator 'Where' \\|" in text
    assert "### Targets" not in text  # they are for machines without a GPU
    assert f"{WEIGHT_BYTES}" not in text
    folder = tmp_path / "docs" / "benchmarks"
    kept = json.loads((folder / "example-gpu-co-9.json").read_text(encoding="utf-8"))
    assert kept == sample_report()
    ElementTree.parse(folder / "example-gpu-co-9.svg")
    shown = readme.read_text(encoding="utf-8")
    assert shown.startswith("# Title\n<!-- benchmarks: made -->\n")
    assert shown.endswith("<!-- end of benchmarks -->\nThe rest.\n")
    assert "old" not in shown
    heads = "| net | Texelflow | Texelflow, never blocking | TF.js webgl | ORT webgl | ORT wasm |"
    own = "100 ms, 500 ms | 125 ms | 320 ms, 1.50 s"
    assert heads in shown
    assert f"| MobileNetV2 | {own} | 400 ms, 1.20 s | 20.0 ms, 600 ms |" in shown
    assert f"| MiniLM-L6, 128 tokens | {own} | does not run | 20.0 ms, 600 ms |" in shown
    assert "one setting of Texelflow: 4×1 blocking, texelFetch, 32 bits." in text
    assert "shuffled by the seed 1" in text
    columns = {
        part.partition("\n")[0]: part.splitlines()[2] for part in text.split("\n### ")[1:] if "|" in part
    }
    assert "never blocking" in columns["Steady run"] and "parallel" not in columns["Steady run"]
    assert "not streaming" in columns["Last byte at 10 MB/s to first result"]
    assert "parallel" in columns["Navigation to first result"]
    assert columns["Downloaded code"] == "| net | Texelflow | TF.js webgl | ORT webgl | ORT wasm |"
    assert "- Steady runs: ORT wasm is faster on MobileNetV2 (5.00×)" in shown
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len(tables) > 100
    # Another renderer's figures stand beside it.
    other = sample_report() | {"renderer": "ANGLE (Google, Vulkan 1.3.0 (SwiftShader), SwiftShader driver)"}
    text = publish(other, tmp_path).read_text(encoding="utf-8")
    assert "## Example GPU" in text
    assert "## SwiftShader" in text
    assert "| ✗ | steady run, geometric mean of four convolutional nets, against ORT webgl |" in text


def test_tokens_per_second_stay_beside_a_new_report(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("<!-- benchmarks: made -->\n<!-- end of benchmarks -->\n")
    rows = [
        {"title": "cached", "milliseconds": [20.0, 25.0]},
        {"title": "not", "milliseconds": [50.0, 1600.0]},
    ]
    tokens = {"date": "2026-01-02", "places": [50, 400], "remark": "A busy day.", "rows": rows}
    assert "Tokens per second" not in publish(sample_report(), tmp_path).read_text(encoding="utf-8")
    publish(sample_report() | {"tokens": tokens}, tmp_path)
    text = publish(sample_report(), tmp_path).read_text(encoding="utf-8")
    assert "issuing them. A busy day." in text
    assert "| cached | 50 | 40 | 1.25 |\n| not | 20 | 0.6 | 32.00 |" in text


@pytest.mark.skipif(not (REPOSITORY / "docs" / "benchmarks.md").is_file(), reason="no figures are kept yet")
def test_the_kept_pages_are_what_the_kept_figures_give(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "benchmarks"
    folder.mkdir(parents=True)
    kept = sorted((REPOSITORY / "docs" / "benchmarks").glob("*.json"))
    assert kept
    for path in kept:
        (folder / path.name).write_bytes(path.read_bytes())
    (tmp_path / "README.md").write_bytes((REPOSITORY / "README.md").read_bytes())
    render_pages(tmp_path)
    made = ["README.md", "docs/benchmarks.md", *(f"docs/benchmarks/{path.stem}.svg" for path in kept)]
    for name in made:
        fresh = (tmp_path / name).read_text(encoding="utf-8")
        assert fresh == (REPOSITORY / name).read_text(encoding="utf-8"), (
            f"{name} is stale: run `python benchmark/run.py --render`"
        )
