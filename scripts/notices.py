"""Write THIRD_PARTY_NOTICES.md, or compare it with `--check`: who made what is shipped, and its licences.

Versions and licences are those of the three package-lock.json. What that of the benchmark lists is taken for
shipped, but for tools: so a new package fails here until its copyright and the text of its licence are known.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).parent.parent
NOTICES = "THIRD_PARTY_NOTICES.md"
TEMPLATE = "third_party_notices.md.j2"

SHIPPED_BY_RUNTIME = {"esbuild"}
"""What leaves something in dist/: the helpers that esbuild's output calls."""

SHIPPED_BY_PLAYER = {"@dagrejs/dagre", "@dagrejs/graphlib", "@huggingface/jinja", "@huggingface/tokenizers"}
"""What is in dist/player."""

SHIPPED_BY_CONVERTER = {"client-zip", "jsfive", "pako", "pyodide"}
"""What is in build/converter, beside packages of Python."""

SHIPPED_BY_SITE = {
    *(
        "vue",
        "@vue/reactivity",
        "@vue/runtime-core",
        "@vue/runtime-dom",
        "@vue/shared",
        "vitepress",
        "minisearch",
    ),
    *("@vueuse/core", "@vueuse/integrations", "@vueuse/shared", "mark.js", "focus-trap", "tabbable"),
}
"""What is in the scripts of the documents' site."""

TOOLS = re.compile(r"esbuild|@esbuild/.*|@types/.*|@webgpu/types|undici-types")
NODE_ONLY = {"node-fetch", "tr46", "webidl-conversions", "whatwg-url"}
"""What packages for the comparison bring along of which their build for browsers has nothing."""

LICENCES = {"jsfive": "BSD-3-Clause"}
"""The licence of what a package is based on that does not name one: else jsfive is in the public domain."""

COPYRIGHTS = {
    "@dagrejs": "2012–2014 Chris Pettitt",
    "@huggingface": "2023 Hugging Face",
    "@tensorflow": "2017 Google LLC",
    "@protobufjs": "2016 Daniel Wirtz",
    "@vue": "2018–present Yuxi (Evan) You",
    "@vueuse": "2019–present Anthony Fu",
    "client-zip": "2020 David Junger",
    "esbuild": "2020 Evan Wallace",
    "focus-trap": "2015–2016 David Clark",
    "flatbuffers": "Google LLC",
    "guid-typescript": "NicolasDeveloper",
    "jsfive": "2016 Jonathan J. Helmus",
    "long": "2013 Daniel Wirtz, 2009 The Closure Library Authors",
    "mark.js": "2014–2018 Julian Kühnel",
    "minisearch": "2022 Luca Ongaro",
    "onnxruntime-common": "Microsoft Corporation",
    "onnxruntime-web": "Microsoft Corporation",
    "pako": "2014–2017 Vitaly Puzrin and Andrei Tuputcyn, 1995–2013 Jean-loup Gailly and Mark Adler",
    "platform": "2014–2020 Benjamin Tan, 2011–2013 John-David Dalton",
    "pyodide": "the Pyodide contributors and Mozilla",
    "protobufjs": "2016 Daniel Wirtz",
    "seedrandom": "2019 David Bau",
    "tabbable": "2015 David Clark",
    "vitepress": "2019–present Yuxi (Evan) You",
    "vue": "2018–present Yuxi (Evan) You",
}
"""Who holds the copyright of a package, or of all packages of a scope, as they say themselves."""


@dataclass(frozen=True, order=True)
class Package:
    """An npm package of which something is shipped."""

    name: str
    version: str
    licence: str
    copyright: str


def locked_packages(lock: Path, shipped: set[str] | None = None) -> list[Package]:
    """Return the packages of a package-lock.json, by name: those of `shipped`, or all that are no tools.

    Raises:
        ValueError: the copyright or the licence of one is not known.
    """
    found: set[Package] = set()
    for place, entry in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
        name = place.rpartition("node_modules/")[2]
        if name in shipped if shipped is not None else name and not TOOLS.fullmatch(name):
            if shipped is None and name in NODE_ONLY:
                continue
            holder = COPYRIGHTS.get(name) or COPYRIGHTS.get(name.partition("/")[0])
            if holder is None or "license" not in entry:
                raise ValueError(f"{lock}: who has the copyright of {name}, and its licence? {__file__} asks")
            licence = LICENCES.get(name, entry["license"].strip("()"))
            found.add(Package(name, entry["version"], licence, holder))
    return sorted(found)


def notices(root: Path = ROOT) -> str:
    """Return the content of the file.

    Raises:
        ValueError: a package has a licence whose text the template lacks, or see `locked_packages`.
    """
    runtime = locked_packages(root / "package-lock.json", SHIPPED_BY_RUNTIME)
    player = locked_packages(root / "package-lock.json", SHIPPED_BY_PLAYER)
    peers = locked_packages(root / "benchmark" / "package-lock.json")
    converter = locked_packages(root / "package-lock.json", SHIPPED_BY_CONVERTER)
    site = locked_packages(root / "site" / "package-lock.json", SHIPPED_BY_SITE)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,
    )
    shipped = {"runtime": runtime, "player": player, "converter": converter, "site": site, "peers": peers}
    text = environment.get_template(TEMPLATE).render(shipped)
    for package in (*runtime, *player, *converter, *site, *peers):
        for licence in package.licence.split(" AND "):
            if f"\n### {licence}\n" not in text:
                raise ValueError(f"{TEMPLATE} has no text of {licence}, the licence of {package.name}")
    return text


def main() -> int:
    """Write the file, or compare it; return the exit code."""
    try:
        text = notices()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    path = ROOT / NOTICES
    if sys.argv[1:] != ["--check"]:
        path.write_text(text, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        print(f"{NOTICES} is stale: run `make generate` and commit it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
