"""Builds the demo page into `build/demo`, static files for any web server: `python demo/build.py`.

It needs the built runtime (`dist/texelflow.js`), the exporter, what `converter/build_converter.py` needs,
scikit-learn, whose sample photos it takes with their credit, Pillow, and onnx and onnxruntime, for the nets
of the benchmark page. The folder is put together elsewhere and takes its place at the end, so that a failure
leaves the page that was there. `make demo` runs this.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

from benchmark_page import build_benchmark
from offline_page import write_service_worker
from page_fragments import BuildError, write_page
from PIL import Image

import texelflow

DEMO = Path(__file__).resolve().parent
REPOSITORY = DEMO.parent
GALLERY = REPOSITORY / "gallery"
sys.path += [str(REPOSITORY / "converter"), str(GALLERY)]

import build_converter
from gallery_page import build_gallery

PAGE = ("app.js", "digits", "offline", "open", "styles")
"""What is copied as it is, beside the player, which `dist/player` has."""
STRICT, WIDE = "connect-src 'self' blob:;", "connect-src 'self' blob: http: https:;"
"""What the page's policy lets it fetch, and what that of its copy for models of other servers does."""
COMPRESSED, LEAST_BYTES = (".css", ".html", ".js", ".json", ".svg"), 1000
"""The kinds of files that brotli makes smaller, and from which size on that is worth a file."""
DOCS = re.compile(r"^.*docs/index.html.*\n", re.MULTILINE)
"""The link to the documents, a line of its own."""
QUALITY = 85
"""Of the photos, which take a third of the bytes by it."""
PHOTOS = {"flower.jpg": "A dahlia", "china.jpg": "A palace tower above a lake"}
"""scikit-learn's sample photos, and what they show."""


def photo_credits(readme: str) -> dict[str, dict[str, str]]:
    """The credits in scikit-learn's README of its photos, by file name.

    Each photo has a section: `Image: NAME`, sentences with references such as [2], then the references' URLs.
    """
    found: dict[str, dict[str, str]] = {}
    for section in re.split(r"^Image: ", readme, flags=re.MULTILINE)[1:]:
        name = section.splitlines()[0].strip()
        links = dict(re.findall(r"^\[(\d)\] (\S+)$", section, flags=re.MULTILINE))
        attribution = re.search(r"^Attribution: (.+?) \[(\d)\]$", section, flags=re.MULTILINE)
        source = re.search(r"from \[(\d)\]", section)
        licence = re.search(r"license\. \[(\d)\]", section)
        if not (attribution and source and licence):
            raise BuildError(f"the credit of {name} in scikit-learn's README has another form than expected")
        found[name] = {
            "attribution": attribution[1],
            "source": links[source[1]],
            "licence": links[licence[1]],
        }
    return found


def copy_photos(target: Path) -> list[dict[str, str]]:
    """Puts scikit-learn's sample photos, compressed more, into `target`/photos; returns what is shown."""
    try:
        images = resources.files("sklearn.datasets.images")
    except ModuleNotFoundError:
        raise BuildError(
            "scikit-learn is not installed; the page takes its photos from it: make setup"
        ) from None
    folder = target / "photos"
    folder.mkdir()
    readme = (images / "README.txt").read_text(encoding="utf-8")
    (folder / "README.txt").write_text(readme, encoding="utf-8")
    credit = photo_credits(readme)
    for name in PHOTOS:
        with (images / name).open("rb") as file, Image.open(file) as image:
            image.save(folder / name, quality=QUALITY, optimize=True, progressive=True)
    return [{"file": f"photos/{name}", "title": title, **credit[name]} for name, title in PHOTOS.items()]


def write_wider_page(target: Path) -> None:
    """Writes the page once more, with a policy that lets it fetch models of other servers; it asks before."""
    page = (target / "index.html").read_text(encoding="utf-8")
    if page.count(STRICT) != 1:
        raise BuildError(f"player/index.html has a policy without {STRICT!r}")
    (target / "foreign.html").write_text(page.replace(STRICT, WIDE), encoding="utf-8")


def compress(target: Path) -> None:
    """Puts beside each text of the page what brotli makes of it, which `texelflow serve` sends."""
    texts = [path for path in sorted(target.rglob("*")) if path.suffix in COMPRESSED]
    pairs = [
        (str(path), f"{path}.br")
        for path in texts
        if path.stat().st_size >= LEAST_BYTES and not path.with_name(f"{path.name}.br").exists()
    ]
    script = REPOSITORY / "scripts" / "compress.mjs"
    subprocess.run(["node", str(script), *(name for pair in pairs for name in pair)], check=True)


def write_benchmark(target: Path) -> None:
    """Puts the page that compares runtimes into the folder `target`, which is not there."""
    shutil.copytree(DEMO / "benchmark", target)
    try:
        build_benchmark(target)
    except ModuleNotFoundError as missing:
        raise BuildError(
            f"{missing.name} is not installed; the nets to compare are made with it: make setup"
        ) from None


def renew_benchmark(directory: Path, plain: bool = False) -> None:
    """Builds the page that compares runtimes anew in an earlier build, which may be being served.

    Raises:
        BuildError: something is missing, or `directory` is no earlier build.
    """
    if not (directory / "contents.json").is_file():
        raise BuildError(f"{directory} is no built demo: build all of it, or run `make demo`")
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".demo-") as scratch:
        made = Path(scratch) / "benchmark"
        write_benchmark(made)
        if not plain:
            compress(made)
        (directory / "benchmark").rename(Path(scratch) / "earlier")
        made.rename(directory / "benchmark")


def assemble(target: Path, plain: bool, docs: Path | None) -> None:
    """Puts the whole page into the empty folder `target`, with `plain` without what brotli makes of it.

    `docs` is the built site of the documents, to which the page leads then.
    """
    runtime = REPOSITORY / "dist" / "texelflow.js"
    if not runtime.is_file():
        raise BuildError("dist/texelflow.js is not built: run `npm ci && npm run build`, or `make setup`")
    player = runtime.parent / "player"
    shutil.copytree(player, target, ignore=shutil.ignore_patterns("served.js"), dirs_exist_ok=True)
    left_out = None if docs is not None else DOCS
    write_page(player / "index.html", DEMO / "page", target / "index.html", left_out)
    write_page(player / "index.html", GALLERY / "fragments", target / "gallery.html")
    build_gallery(target)
    for name in PAGE:
        source = DEMO / name
        if source.is_dir():
            shutil.copytree(source, target / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target / name)
    # With the parts that it loads where a visitor's model needs them, or the visitor wants to look inside.
    for path in runtime.parent.glob("texelflow*.js"):
        if path.stem != "texelflow.iife":
            shutil.copyfile(path, target / path.name)
    write_wider_page(target)
    converter = REPOSITORY / "build" / ("converter-plain" if plain else "converter")
    build_converter.build(converter, plain)
    shutil.copytree(converter, target / "convert", ignore=shutil.ignore_patterns(".*", "*.d.ts", "*.md"))
    for name in ("LICENSE", "THIRD_PARTY_NOTICES.md"):
        shutil.copyfile(REPOSITORY / name, target / name)

    models = target / "models"
    models.mkdir()
    for name in ("digits.json", "digit_samples.json"):
        shutil.copyfile(DEMO / "models" / name, models / name)
    texelflow.export(DEMO / "models" / "digits.onnx", models / "digits", name="Digits")
    texelflow.export(
        DEMO / "models" / "edges.onnx",
        models / "edges",
        name="Edges",
        input_shapes={"picture": [1, 3, 320, 480]},
        image="0..1,fit=cover",
    )
    write_benchmark(target / "benchmark")
    contents = {
        "photos": copy_photos(target),
        "bundles": [{"folder": "models/edges/", "title": "Edges"}],
    }
    (target / "contents.json").write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
    write_service_worker(target)
    if not plain:
        compress(target)
    if docs is not None:
        shutil.copytree(docs, target / "docs")


def build(directory: Path, plain: bool = False, docs: Path | None = None) -> None:
    """Builds the page into `directory`, in place of an earlier build; see `assemble`.

    Raises:
        BuildError: something is missing, or `directory` is something else than an earlier build.
        texelflow.ExportError: one of the page's models cannot be exported.
    """
    earlier = directory.exists()
    if earlier and not (directory / "contents.json").is_file():
        raise BuildError(f"{directory} exists and is no built demo; name another folder or remove it")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".demo-") as scratch:
        page = Path(scratch) / "page"
        page.mkdir()
        assemble(page, plain, docs)
        if earlier:
            directory.rename(Path(scratch) / "earlier")
        page.rename(directory)


def main() -> None:
    """Reads the command line, builds, and says where the page is."""
    parser = argparse.ArgumentParser(description="Build the demo page, a folder of static files.")
    parser.add_argument("directory", nargs="?", type=Path, default=REPOSITORY / "build" / "demo")
    parser.add_argument("--plain", action="store_true", help="without brotli's files, as for tests")
    parser.add_argument("--docs", type=Path, help="the built site of the documents, for the page's docs/")
    parser.add_argument("--only", choices=["benchmark"], help="build this part anew, the rest is there")
    arguments = parser.parse_args()
    directory = arguments.directory
    try:
        if arguments.only and directory.exists():
            renew_benchmark(directory, arguments.plain)
        else:
            build(directory, arguments.plain, arguments.docs)
    except (BuildError, build_converter.BuildError, texelflow.ExportError) as problem:
        sys.exit(f"The demo could not be built: {problem}")
    except (OSError, subprocess.SubprocessError) as problem:
        sys.exit(f"The demo could not be built: {problem}")
    print(f"The demo page is in {directory}; any web server can serve it.")


if __name__ == "__main__":
    main()
