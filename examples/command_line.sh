#!/usr/bin/env bash
# From a trained network and a folder of pictures to a served answer, without a line of Python.
#
#     python -m pip install ".[plots,serve]" && bash examples/command_line.sh
#
# Writes to the current folder. Takes about two minutes on two cores.
set -euo pipefail
here=$(dirname "$0") port=${PORT:-8501}

# demo/parity.keras tells odd from even; demo/digits has a folder of pictures for each digit.
keras-mtl demo --output demo --seeds 1

# Where to cut, by 200 labels; the new model; what it learns from them, judged on others.
keras-mtl probe demo/parity.keras --data demo/digits --labels 200
keras-mtl transfer demo/parity.keras --cut flatten --freeze --head 10 --output reader.keras
keras-mtl train reader.keras --data demo/digits --labels 200 --test 0.3
keras-mtl predict reader.keras demo/digits/3/*.png --json > predicted.json

# Files that run without Keras, here with the decoding of pictures in them, as version 1.
mkdir -p served
keras-mtl export reader.keras served/digits --version next --preprocess decode
keras-mtl inspect served/digits

# Behind HTTP; in a browser http://localhost:8501 shows a page to try a picture on.
python "$here/serve.py" digits=served/digits --port "$port" &
trap 'kill %1' EXIT
picture=$(base64 < demo/digits/3/0003.png | tr -d '\n')
curl -fsS --retry 90 --retry-delay 1 --retry-all-errors "localhost:$port/ready"
curl -fsS -d "{\"examples\": [{\"b64\": \"$picture\"}]}" "localhost:$port/v1/models/digits:classify"
