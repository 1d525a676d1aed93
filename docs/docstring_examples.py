"""An extension of griffe, which reads the docstrings for the site: examples are shown as code."""

import re

import griffe

SINGULAR = re.compile(r"^( *)Example:$", re.MULTILINE)


class DocstringExamples(griffe.Extension):
    """Reads the section `Example:` as `Examples:`, the only name that griffe shows as code."""

    def on_object(self, *, obj, **_):
        """Rename the section in the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = SINGULAR.sub(r"\1Examples:", obj.docstring.value)
