"""An action that is done once: when a library is imported, or a file that needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


class ImportFinder(MetaPathFinder):
    """Stands in front of Python's finders of modules until its action is done; finds none itself.

    Args:
        library: The library; after it has been imported the action is done.
        needed: Whether a module imports the library; before it is imported the action is done. So
            the action never comes in the middle of the import of such a module, of which only half
            would be there.
        action: The action. It may import the library and the modules. If it raises an error, it is
            done again at the next occasion.
    """

    def __init__(
        self, library: str, *, needed: Callable[[str], bool], action: Callable[[], None]
    ) -> None:
        self._library = library
        self._needed = needed
        self._action = action

    def install(self) -> None:
        """Begin to watch imports."""
        sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Do the action before a module that needs it; hand the library to a loader that does."""
        if name == self._library:
            return self._watched(name)
        if not self._needed(name):
            return None
        self.act()
        # The action may have imported this very module, which is not to be executed again.
        known = sys.modules.get(name)
        if known is None:
            return None
        # Python takes the spec of the module that is there now, not the one returned.
        known.__spec__ = ModuleSpec(name, _AlreadyLoaded(known))
        return known.__spec__

    def act(self) -> None:
        """Do the action, unless it is done, or being done."""
        if self not in sys.meta_path:
            return
        sys.meta_path.remove(self)
        try:
            self._action()
        except BaseException:
            self.install()
            raise

    def _watched(self, name: str) -> ModuleSpec | None:
        sys.meta_path.remove(self)
        try:
            spec = find_spec(name)
        finally:
            self.install()
        if spec is not None and spec.loader is not None:
            spec.loader = _ThenActing(spec.loader, self)
        return spec


class _ThenActing(Loader):
    """Loads a library as its own loader does, and does the action when it is there."""

    def __init__(self, loader: Loader, finder: ImportFinder) -> None:
        self._loader = loader
        self._finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The library may read files of its own by its loader.
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._finder.act()


class _AlreadyLoaded(Loader):
    """Gives a module that has been imported meanwhile."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
