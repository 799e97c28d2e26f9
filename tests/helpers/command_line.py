"""The command line, called as a user calls it."""

from metarnn.cli import main


def run(capsys, *words):
    """Return exit status, standard output and standard error of a command."""
    try:
        status = main(list(words))
    except SystemExit as stopped:  # argparse's own way out
        status = stopped.code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return status, out, err
