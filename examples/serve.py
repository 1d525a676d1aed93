"""Exported models behind HTTP, in the REST form of TensorFlow Serving.

    pip install "keras_mtl[serve]"
    keras-mtl export hair.keras served/hair --version next
    python examples/serve.py hair=served/hair --port 8501
    curl -d '{"instances": [[0.1, 0.2]]}' http://localhost:8501/v1/models/hair:predict

Requests that come at the same time run as one batch. A new version (`export` again with
`--version next`) takes the place of the old one without a lost request. A browser at
http://localhost:8501 shows a page to try a picture on. Keras is not needed.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import uvicorn
from serving.app import make_app
from serving.limits import Limits

BACKLOG = 2048


def named_folder(text):
    name, given, folder = text.partition("=")
    if not given or not name.isidentifier() or not Path(folder).is_dir():
        raise argparse.ArgumentTypeError(
            f"give NAME=FOLDER, such as hair=served/hair, of a folder that exists, not {text!r}"
        )
    return name, Path(folder)


def arguments():
    parser = argparse.ArgumentParser(description="Serve exported models over HTTP.")
    parser.add_argument("models", nargs="+", type=named_folder, metavar="NAME=FOLDER")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 for all networks")
    parser.add_argument("--port", type=int, default=8501)
    for field, default in Limits._field_defaults.items():
        option = f"--{field.replace('_', '-')}"
        parser.add_argument(option, type=type(default), default=default, help=f"{default}")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    limits = Limits(*(getattr(given, field) for field in Limits._fields))
    app = make_app(dict(given.models), limits)
    options = {"access_log": False, "log_level": "warning", "backlog": BACKLOG}
    uvicorn.run(app, host=given.host, port=given.port, timeout_graceful_shutdown=30, **options)
