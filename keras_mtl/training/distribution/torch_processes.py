"""Several torch processes, over which training is not synchronised."""

from __future__ import annotations

import torch.distributed

from keras_mtl.errors import UnsupportedBackend


def refuse_several_processes() -> None:
    """Refuse to train or score in a group of processes.

    Processes without a group train models of their own, which is allowed.

    Raises:
        UnsupportedBackend: There is a group, of more than one process.
    """
    if not torch.distributed.is_available() or not torch.distributed.is_initialized():
        return
    processes = torch.distributed.get_world_size()
    if processes > 1:
        raise UnsupportedBackend(
            f"Keras on torch does not train in a group of processes, and this one has {processes}: "
            "each of them would train a model of its own. Use one process, or TensorFlow with "
            "`tf.distribute.MultiWorkerMirroredStrategy`."
        )
