"""The templates that start a script on several machines, as far as they can be checked here."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from keras_mtl.training.distribution.tf_config import check_cluster

TEMPLATES = Path(__file__).parents[1] / "examples" / "several_machines"
SLURM = TEMPLATES / "slurm.sh"
PRINTED = 'printf "%s" "$TF_CONFIG" #'
"""What takes the place of the script, so that the text that it would get is seen."""


def config_of(script, **environment):
    """The `TF_CONFIG` with which a bash script starts Python."""
    assert "exec python examples/several_machines/train.py" in script
    shown = script.replace("exec python", PRINTED)
    done = subprocess.run(
        ["bash", "-c", shown],
        env={"PATH": os.environ["PATH"], "HOME": "/home/me", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def checked(text, monkeypatch, addresses):
    """The index in a `TF_CONFIG`, which names these workers."""
    monkeypatch.setenv("TF_CONFIG", text)
    check_cluster(addresses)
    return json.loads(text)["task"]["index"]


def slurm(folder, **commands):
    """The environment of a job, with commands that do what those of Slurm do."""
    for name, body in commands.items():
        (folder / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (folder / name).chmod(0o755)
    job = {"ID": "20007", "NODELIST": "node[1-2]", "NAME": "train"}
    return {
        **{f"SLURM_JOB_{name}": value for name, value in job.items()},
        "SLURM_CPUS_PER_TASK": "8",
        "PATH": f"{folder}:{os.environ['PATH']}",
    }


def test_slurm_names_the_nodes_of_the_job(tmp_path, monkeypatch):
    given = slurm(
        tmp_path,
        scontrol='test "$1 $2 $3" = "show hostnames node[1-2]" && printf "node1\\nnode2\\n"',
        srun="""
            test "$1 $2" = "--kill-on-bad-exit=1 --cpus-per-task=8" && shift 2
            for SLURM_PROCID in 0 1; do export SLURM_PROCID; "$@"; echo; done
        """,
    )
    texts = config_of(SLURM.read_text(encoding="utf-8"), **given).splitlines()
    addresses = ["node1:12007", "node2:12007"]
    assert [checked(text, monkeypatch, addresses) for text in texts] == [0, 1]


@pytest.mark.parametrize(("restarts", "again"), [("0", True), ("20", False)])
def test_slurm_queues_a_job_again_whose_task_fails(tmp_path, restarts, again):
    given = slurm(tmp_path, scontrol='echo "$@"', srun="exit 1")
    done = subprocess.run(
        ["bash", SLURM],
        env={**given, "SLURM_RESTART_COUNT": restarts},
        capture_output=True,
        text=True,
    )
    assert done.stdout == ("requeue 20007\n" if again else "")
    assert (done.returncode == 0) is again


def test_slurm_is_given_options_of_sbatch_alone():
    lines = SLURM.read_text(encoding="utf-8").splitlines()
    options = {line.split()[1].split("=")[0] for line in lines if line.startswith("#SBATCH")}
    layout = {"--nodes", "--ntasks-per-node", "--cpus-per-task", "--gpus-per-node"}
    assert options == {"--job-name", "--requeue", *layout}


def test_kubernetes_names_the_pods_of_the_job(monkeypatch):
    yaml = pytest.importorskip("yaml")
    text = (TEMPLATES / "kubernetes.yaml").read_text(encoding="utf-8")
    service, claim, job = yaml.safe_load_all(text)
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert job["spec"]["completionMode"] == "Indexed"
    assert service["metadata"]["name"] == spec["subdomain"]
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    assert spec["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    workers = {one["name"]: one["value"] for one in container["env"]}["WORKERS"]
    assert int(workers) == job["spec"]["completions"] == job["spec"]["parallelism"]
    name, port = job["metadata"]["name"], container["ports"][0]["containerPort"]
    addresses = [f"{name}-{i}.{spec['subdomain']}:{port}" for i in range(int(workers))]
    (script,) = container["args"]
    for index in range(int(workers)):
        given = {"WORKERS": workers, "JOB_COMPLETION_INDEX": str(index)}
        assert checked(config_of(script, **given), monkeypatch, addresses) == index
