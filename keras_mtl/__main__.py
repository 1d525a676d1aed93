"""`python -m keras_mtl`, and `keras-mtl`: the command line."""

import sys


def run() -> None:
    """Run the command line; Ctrl-C while it is still being imported ends it without a traceback."""
    try:
        from keras_mtl.cli.app import main

        main()
    except KeyboardInterrupt:
        print("Error: Interrupted: nothing written.", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    run()
