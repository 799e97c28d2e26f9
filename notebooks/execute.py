"""Run the notebooks, and keep their outputs small.

    python notebooks/execute.py                     run all of them, in place
    python notebooks/execute.py 01_first_network    run one
    python notebooks/execute.py long_memory         run one of docs/troubles
    python notebooks/execute.py --keep-outputs      only make the images smaller

A plot has few colors: with a palette of 128 its file is a quarter of what matplotlib writes.
"""

import argparse
import base64
import io
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).parent.parent
FOLDERS = ROOT / "notebooks", ROOT / "docs" / "troubles"
N_COLORS = 128


def with_palette(image: bytes) -> bytes:
    """Return a PNG file with a palette, or the one given where that is no larger."""
    smaller = io.BytesIO()
    colors = Image.open(io.BytesIO(image)).convert("RGB")
    colors.quantize(N_COLORS, dither=Image.Dither.NONE).save(smaller, "PNG", optimize=True)
    return min(image, smaller.getvalue(), key=len)


def joined(outputs: list[Any]) -> list[Any]:
    """Return outputs in which what is printed is one text, without what is said of this run alone.

    That is the stream of errors: that code is compiled, or a warning of the kernel.
    """
    kept: list[Any] = []
    for output in outputs:
        if output.get("name") == "stderr":
            print(output.text, end="")
        elif kept and output.get("name") == kept[-1].get("name") == "stdout":
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def shrink(notebook: Any) -> None:
    """Join outputs, give all images a palette, and leave out when each cell ran."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if "outputs" in cell:
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                image = with_palette(base64.b64decode(data["image/png"]))
                data["image/png"] = base64.b64encode(image).decode()


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="names without .ipynb; default: all")
    parser.add_argument("--keep-outputs", action="store_true", help="run nothing")
    options = parser.parse_args()
    paths = [path for folder in FOLDERS for path in sorted(folder.glob("*.ipynb"))]
    if unknown := set(options.names) - {path.stem for path in paths}:
        parser.error(f"no such notebook: {', '.join(sorted(unknown))}")
    for path in paths:
        if options.names and path.stem not in options.names:
            continue
        notebook = nbformat.read(path, as_version=4)
        if not options.keep_outputs:
            place = {"metadata": {"path": str(path.parent)}}
            NotebookClient(notebook, timeout=3600, resources=place).execute()
        shrink(notebook)
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()
