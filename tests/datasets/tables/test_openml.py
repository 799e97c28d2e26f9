"""Tables of OpenML by name, from a stand-in for its server."""

import email.message
import hashlib
import io
import json
import urllib.request
import urllib.response
from pathlib import Path

import numpy as np
import pytest
from helpers.error_checks import one_sentence

from metarnn.cli import main
from metarnn.datasets import load_openml, load_path

ARFF = """@relation weather
@attribute day integer
@attribute temperature real
@attribute sky {cloudy, sunny, 'partly cloudy'}
@attribute humidity real
@attribute play {no, yes}
@data
1,20.5,sunny,0.25,yes
2,11,'partly cloudy',0.5,no
3,12,cloudy,1,no
4,25,sunny,0.125,yes
"""
IDENTIFIER, TARGET = "day", "play"


class Server(urllib.request.BaseHandler):
    """Answers as OpenML does, of one data set, without a network."""

    handler_order = 0

    def __init__(self, arff: str = ARFF, target: str | None = TARGET) -> None:
        self.requests: list[str] = []
        self.arff, self.sum, self.target = arff, hashlib.md5(arff.encode()).hexdigest(), target

    def https_open(self, request: urllib.request.Request) -> urllib.response.addinfourl:
        where = request.full_url
        self.requests.append(where)
        path = where.split("/", 3)[3]
        body = self.arff.encode() if ".arff" in path or "download" in path else self.entry(path)
        response = urllib.response.addinfourl(
            io.BytesIO(body), email.message.Message(), where, 200 if body else 412
        )
        response.msg = "OK"  # type: ignore[attr-defined]
        return response

    def entry(self, path: str) -> bytes:
        """Return the JSON that a path asks for."""
        path = path.removeprefix("api/v1/json/data/")
        table = {"did": 7, "name": "weather", "version": 1, "status": "active", "format": "ARFF"}
        if path.startswith("list"):
            # Another one shares the name.
            found = [table, table | {"did": 8, "version": 2}]
            return self.of({"data": {"dataset": found}}) if "weather" in path else b""
        if path.startswith("features"):
            return self.of({"data_features": {"feature": self.columns()}})
        if path.startswith("qualities"):
            return self.of({"data_qualities": {"quality": []}})
        entry = {
            "id": "7", "name": "weather", "version": "1", "format": "ARFF", "status": "active",
            "description": "Of the weather.", "licence": "Public", "file_id": "70",
            "url": "https://openml.example/data/v1/download/70/weather.arff",
            "md5_checksum": self.sum, "default_target_attribute": self.target or "",
        }  # fmt: skip
        return self.of({"data_set_description": entry}) if path == "7" else b""

    def columns(self) -> list[dict[str, str]]:
        """Return what the server says of each column."""
        lines = [line.split(maxsplit=2) for line in self.arff.split("\n") if "@attr" in line]
        return [
            {
                "index": str(i),
                "name": name,
                "data_type": "nominal" if "{" in kind else "numeric",
                "is_target": str(name == self.target).lower(),
                "is_ignore": "false",
                "is_row_identifier": str(name == IDENTIFIER).lower(),
                "number_of_missing_values": "0",
            }
            for i, (_, name, kind) in enumerate(lines)
        ]

    def of(self, entry: object) -> bytes:
        """Return an entry as JSON."""
        return json.dumps(entry).encode()


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Return the function that puts a server into the place of the network."""
    monkeypatch.setenv("METARNN_DATA", str(tmp_path))

    def put(*arguments, **settings):
        server = Server(*arguments, **settings)
        monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(server))
        return server

    return put


@pytest.mark.parametrize("name", ["weather", 7])
def test_a_table_by_name_or_id(serve, name, tmp_path):
    server = serve()
    data = load_openml(name)
    # The identifier is left out; a column of categories is one for each of them.
    np.testing.assert_array_equal(
        data.X,
        [[20.5, 0.25, 0, 0, 1], [11, 0.5, 0, 1, 0], [12, 1, 1, 0, 0], [25, 0.125, 0, 0, 1]],
    )
    assert data.classes == ("no", "yes")
    np.testing.assert_array_equal(data.y, [1, 0, 0, 1])
    assert data.name == "weather"
    assert data.source == "OpenML, data set 7 (weather, version 1)"
    assert data.license == "Public"
    n_requests = len(server.requests)
    again = load_openml(name)  # what was kept
    np.testing.assert_array_equal(again.X, data.X)
    assert len(server.requests) == n_requests
    assert (tmp_path / "openml").is_dir()


def test_settings_are_followed(serve, tmp_path):
    serve()
    data = load_openml("weather", version=1, target="sky", data_home=tmp_path / "other")
    assert data.classes == ("cloudy", "partly cloudy", "sunny")
    assert data.X.shape[1] == 4  # play has become a feature
    assert (tmp_path / "other" / "openml").is_dir()
    assert load_openml("weather", timesteps=5).X.shape == (4, 5, 1)


def test_what_was_kept_is_checked(serve, tmp_path):
    server = serve()
    load_openml(7)
    n_requests = len(server.requests)
    (kept,) = [path for path in tmp_path.rglob("*.gz") if "arff" in path.name]
    kept.write_bytes(kept.read_bytes()[:-30])
    assert load_openml(7).n_sequences == 4  # fetched again
    assert len(server.requests) > n_requests
    kept.unlink()
    server.arff = ARFF.replace("20.5", "21.5")  # not what its sum says
    with pytest.raises(ConnectionError, match="md5 checksum"):
        load_openml(7)


@pytest.mark.parametrize(
    ("settings", "arguments", "error", "message"),
    [
        ({}, {"name": "wether"}, ConnectionError, "'wether' cannot be fetched"),
        ({}, {"name": 9}, ConnectionError, "OpenML's 9 cannot be fetched"),
        ({}, {"name": ""}, ValueError, "expected a name of OpenML"),
        ({}, {"name": True}, ValueError, "expected a name of OpenML"),
        ({}, {"name": 7, "version": 1}, ValueError, "version 1 is given with the id 7"),
        ({}, {"name": 7, "target": "rain"}, ValueError, "no column 'rain'"),
        ({}, {"name": 7, "target": "temperature"}, ValueError, "looks like a regression target"),
        ({}, {"name": 7, "timesteps": 3}, ValueError, "divides the 5 features of OpenML's 7"),
        ({"target": None}, {"name": 7}, ValueError, "no column of classes by default"),
        ({"arff": ARFF.replace("11", "?")}, {"name": 7}, ValueError, "'temperature' of OpenML's 7"),
        (
            {"arff": ARFF.replace("2,11,'partly cloudy'", "2,11,?")},
            {"name": 7},
            ValueError,
            "column 'sky' of OpenML's 7 has missing values",
        ),
        (
            {"arff": ARFF.replace("humidity real", "humidity string")},
            {"name": 7},
            ValueError,
            "'humidity' of OpenML's 7",
        ),
    ],
)
def test_mistakes(serve, settings, arguments, error, message):
    serve(**settings)
    with pytest.raises(error, match=message) as found:
        load_openml(**arguments)
    one_sentence(found)


def test_without_a_network(serve, monkeypatch):
    server = serve()

    def unreachable(request):
        raise OSError("no route to host")

    monkeypatch.setattr(server, "https_open", unreachable)
    with pytest.raises(ConnectionError, match=r"OpenML's 'weather' cannot be fetched.*no route"):
        load_openml("weather")


def test_by_a_path_and_from_the_command_line(serve, capsys, tmp_path, monkeypatch):
    serve()
    assert load_path("openml:weather").source == load_path("openml:7").source
    assert load_path("openml:7", target="sky").n_classes == 3
    rows = "".join(f"{d},{d % 9},sunny,0.5,{'yes' if d % 2 else 'no'}\n" for d in range(40))
    serve(ARFF.split("@data")[0] + "@data\n" + rows)
    folder = tmp_path / "out"
    monkeypatch.setenv("METARNN_DATA", str(tmp_path / "fresh"))
    arguments = ["--optimizers", "adam", "--budget", "30", "--seeds", "1", "--output", str(folder)]
    assert main(["compare", "openml:weather", *arguments]) == 0
    assert Path(folder / "results.csv").exists()
    model = str(tmp_path / "model.npz")
    assert main(["fit", "openml:weather", "--output", model, "--budget", "30", "--quiet"]) == 0
    assert main(["evaluate", model, "openml:weather"]) == 0
    capsys.readouterr()
    assert main(["compare", "openml:wether", *arguments, "--output", str(tmp_path / "no")]) == 2
    assert "cannot be fetched" in capsys.readouterr().err
